/** Cases of one session and several connections of its client, that throw when they fail. */
import assert from "node:assert/strict";
import type { LaterCase } from "./fetch-rig.ts";
import { increment, RawClient, startAlone } from "./rig.ts";

const secret = "0123456789abcdef0123456789abcdef";
const open = { type: "open", secret, ttl: 1_000 } as const;

const late: LaterCase = {
  name: "attachments: what a connection says late takes no session away for good",
  async run() {
    const { server, clock } = await startAlone();
    const first = new RawClient(server);
    first.say(open);
    // The client hears nothing, gives the connection up and dials again: the new one overtakes the old one.
    const second = new RawClient(server);
    const session = await second.open(clock, secret, 1_000);
    first.say(open);
    assert.equal(first.of("opened").length, 1);
    assert.partialDeepStrictEqual(second.closed, { code: "BUSY" }, "its client comes again");
    second.hangUp();
    const third = new RawClient(server);
    third.say({ type: "attach", session, secret }, increment(session, 1));
    await clock.until(() => third.of("answer").length === 1, "an answer");
    assert.partialDeepStrictEqual(first.closed, { code: "BUSY" }, "nobody uses it any more");
    for (let passed = 0; passed < 3_000; passed += 500) {
      third.say({ type: "ping" });
      await clock.pass(500);
    }
    assert.deepEqual([third.closed, third.of("ended")], ["open", []]);
    assert.notEqual(server.machine.session(session), null);
  },
};

const again: LaterCase = {
  name: "attachments: a connection that proves its session again keeps it",
  async run() {
    const { server, clock } = await startAlone();
    const client = new RawClient(server);
    const session = await client.open(clock, secret, 60_000);
    client.say({ type: "attach", session, secret }, open, increment(session, 1));
    await clock.until(() => client.of("answer").length === 1, "an answer");
    assert.equal(client.closed, "open");
  },
};

export const attachmentCases: readonly LaterCase[] = [late, again];
