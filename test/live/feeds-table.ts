/** What a node tells of watched objects, and what programs make of it: cases that throw when they fail. */
import assert from "node:assert/strict";
import { millis } from "../../src/shared/paxos/ids.ts";
import { Feed } from "../../src/shared/server/feed.ts";
import { Learner } from "../../src/shared/server/feed-learner.ts";
import { PastInputs } from "../../src/shared/server/past-inputs.ts";
import { decodeFeedInputs } from "../../src/shared/wire/feed-codec.ts";
import type { ServerLink } from "../../src/shared/wire/link.ts";
import type { ServerMessage } from "../../src/shared/wire/messages.ts";
import { objectCodec } from "../../src/shared/wire/values.ts";
import { Log } from "../object/machine.ts";
import type { LaterCase } from "../server/fetch-rig.ts";
import { Board, boardRegistry, textOf } from "./board.ts";
import { pastCases } from "./past-table.ts";
import { LiveRig } from "./rig.ts";
import { ruleCases } from "./rules-table.ts";
import { runLive } from "./sim.ts";

const resumed: LaterCase = {
  name: "live: a new connection goes on where the old one ended",
  async run() {
    const rig = await LiveRig.serving(boardRegistry);
    const chat = rig.client().live(Board);
    const writer = rig.client().connect(Board);
    await rig.done(chat.ready);
    const ids: unknown[] = [];
    const iteration = chat.changes();
    const read = async () => {
      for await (const change of iteration) ids.push(change.kind === "call" ? change.args[0] : change.kind);
    };
    const reading = read();
    await rig.done(writer.put("1", ""));
    await rig.clock.until(() => ids.length === 1, "the first change");
    rig.wires[0]?.break();
    await rig.done(Promise.all([writer.put("2", ""), writer.put("3", "")]));
    await rig.clock.until(() => ids.length === 3, "the others");
    assert.equal(rig.wire.of("feedSnapshot").length, 0, "no snapshot comes");
    assert.deepEqual(ids, ["1", "2", "3"]);
    await iteration.return?.();
    await reading;
  },
};

const blocked: LaterCase = {
  name: "live: what waits, and what is over",
  async run() {
    const rig = await LiveRig.serving(boardRegistry);
    const { clock, server } = rig;
    const session = rig.client().openSession();
    const other = rig.client().openSession(undefined, { sessionTtl: 1_000 });
    const board = rig.client().live(Board);
    await rig.done(board.ready);
    const ignore = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
    const mine = session.object(Board);
    const theirs = other.object(Board);
    const same = async (what: string) => {
      await clock.pass(1_200);
      assert.equal(textOf(board.state), textOf(server.machine.peek("Board/main")), what);
    };
    await rig.done(mine.put("a", ""));
    ignore(theirs.wait("b", 0));
    ignore(theirs.wait("c", 300));
    ignore(theirs.queue("d"));
    ignore(mine.doze(100));
    ignore(mine.doze(100_000));
    ignore(theirs.acquire("e", -1));
    ignore(mine.acquire("f", -1));
    ignore(mine.acquire("g", 400));
    ignore(session.call("Board/main", "wait", ["h", 0], { timeout: 200 }));
    await same("after deadlines and a cancel");
    assert.equal(board.state.late, 3, "the object hears of all deadlines");
    assert.equal(await rig.done(mine.rouse()), true);
    await same("after who still slept was roused");
    assert.equal(board.state.dozing.length, 0);
    // The program that started when calls waited knows which tickets live.
    const late = rig.client().live(Board);
    await rig.done(late.ready);
    await rig.done(other[Symbol.asyncDispose]());
    await same("after the end of a session");
    await rig.done(mine.wake("i"));
    await rig.done(mine.serve("j"));
    await same("after it all");
    assert.equal(textOf(late.state), textOf(board.state));
    assert.equal(rig.wires.flatMap((wire) => wire.of("feedSnapshot")).length, 2, "nothing diverged");
    await rig.done(mine.__concoordinit__());
    await same("built anew");
  },
};

const simulated: LaterCase = {
  name: "live: seeds under faults",
  async run() {
    for (let seed = 1; seed <= 25; seed++) {
      const { diverged } = await runLive(seed);
      assert.equal(diverged, 0, `seed ${seed} diverged`);
    }
  },
};

/** The node tells of nothing that it did not execute, so that those who watch need a snapshot, too. */
const jumped: LaterCase = {
  name: "live: what was executed while a node took a snapshot",
  async run() {
    const ahead = new Log(boardRegistry);
    const behind = new Log(boardRegistry);
    const session = ahead.open();
    behind.open();
    const past = new PastInputs(behind.machine, objectCodec, () => null);
    const feed = new Feed("Board/main", "Board", behind.machine, past, () => undefined);
    ahead.call(session, "Board/main", "put", "a", "");
    ahead.call(session, "Board/main", "put", "b", "");
    const { executed } = behind.machine;
    behind.machine.restore(
      Uint8Array.from([...ahead.machine.capture().pieces].flatMap((piece) => [...piece])),
    );
    behind.call(session, "Board/main", "put", "c", "");
    feed.cut(millis(0));
    assert.equal(feed.goesOn({ slot: executed, at: 0 }), null, "two inputs are missing");
    assert.notEqual(feed.goesOn({ slot: ahead.machine.executed, at: 0 }), null);
    assert.equal(feed.from(0), null, "who was told of all before gets a snapshot");
  },
};

/** With hundreds who watch, some are sent in later turns: what was executed in between comes with the next frame. */
const later: LaterCase = {
  name: "live: nobody is told of more than was sent",
  async run() {
    const log = new Log(boardRegistry);
    const session = log.open();
    const put = (id: string) => log.call(session, "Board/main", "put", id, "");
    put("a");
    const past = new PastInputs(log.machine, objectCodec, () => null);
    const feed = new Feed("Board/main", "Board", log.machine, past, () => undefined);
    const told: ServerMessage[] = [];
    const link: ServerLink = {
      send: (m) => void told.push(m),
      flush: () => undefined,
      close: () => undefined,
    };
    const what = { feed: 1, object: "Board/main", since: null, version: 0, session: null } as const;
    const learner = new Learner(link, { type: "watch", ...what }, feed, log.machine);
    learner.begin(millis(0));
    learner.send(millis(0));
    put("b");
    feed.cut(millis(0));
    const { executed } = log.machine;
    put("c");
    learner.send(millis(0));
    const upTo = () => Math.max(...told.map((m) => (m.type === "feedInputs" ? m.slot : 0)));
    assert.equal(upTo(), executed, "c is not sent");
    feed.cut(millis(0));
    learner.send(millis(0));
    assert.equal(upTo(), log.machine.executed);
    const all = told.flatMap((m) => (m.type === "feedInputs" ? decodeFeedInputs(m.body).slots : []));
    assert.equal(all.length, 2);
    // Who knows a state gets none that is older, although that would be cheaper.
    assert.equal(feed.snapshot(millis(0), false, log.machine.executed).slot, log.machine.executed);
  },
};

export const liveCases: readonly LaterCase[] = [
  resumed,
  later,
  blocked,
  jumped,
  ...ruleCases,
  ...pastCases,
  simulated,
];
