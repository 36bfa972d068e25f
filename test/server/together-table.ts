/** When what was sent to clients leaves: at the end of the turn, and what nobody waits for a little later. */
import assert from "node:assert/strict";
import { type Outcome, seq, sessionId } from "../../src/shared/object/types.ts";
import { slotZero } from "../../src/shared/paxos/slot.ts";
import { Connection } from "../../src/shared/server/connection.ts";
import { Together } from "../../src/shared/server/together.ts";
import { everybody } from "../../src/shared/wire/identity.ts";
import type { ServerMessage } from "../../src/shared/wire/messages.ts";
import { VirtualClock } from "../client/virtual-clock.ts";
import type { LaterCase } from "./fetch-rig.ts";

type Kind = "blocked" | "returned";

/** A client of a node, told that a call is blocked, and the frames that it got, as the kinds of outcomes in them. */
function client() {
  const clock = new VirtualClock(1);
  const together = new Together(clock);
  const frames: string[] = [];
  let queued: string[] = [];
  const link = {
    send: (message: ServerMessage) =>
      void queued.push(message.type === "answer" ? message.outcome.type : "?"),
    flush: () => {
      frames.push(queued.join(" "));
      queued = [];
    },
    close: () => undefined,
  };
  const connection = new Connection(link, everybody, clock.moment().now, { executed: slotZero }, together);
  const outcomes: Record<Kind, Outcome> = {
    blocked: { type: "blocked" },
    returned: { type: "returned", value: new Uint8Array(1) },
  };
  const tell = (kind: Kind) =>
    connection.send({ type: "answer", session: sessionId("1.0"), seq: seq(1), outcome: outcomes[kind] });
  tell("blocked");
  together.flush();
  return { clock, together, connection, frames, tell };
}

const alone: LaterCase = {
  name: "together: that a call is blocked is told soon, not at once",
  async run() {
    const { clock, frames } = client();
    await clock.pass(9);
    assert.deepEqual(frames, []);
    await clock.pass(1);
    assert.deepEqual(frames, ["blocked"]);
    await clock.pass(100);
    assert.deepEqual(frames, ["blocked"], "once");
  },
};

const withOthers: LaterCase = {
  name: "together: what waits goes with the next answer, before it",
  async run() {
    const { clock, together, frames, tell } = client();
    tell("returned");
    together.flush();
    assert.deepEqual(frames, ["blocked returned"]);
    await clock.pass(100);
    assert.deepEqual(frames, ["blocked returned"], "nothing is left");
  },
};

const gone: LaterCase = {
  name: "together: nothing more is sent on a connection that is over",
  async run() {
    for (const over of ["forget", "refuse"] as const) {
      const { clock, together, connection, frames } = client();
      if (over === "forget") together.forget(connection);
      else connection.refuse("BUSY", "too much");
      await clock.pass(100);
      assert.deepEqual(frames, [], over);
    }
  },
};

export const togetherCases: readonly LaterCase[] = [alone, withOthers, gone];
