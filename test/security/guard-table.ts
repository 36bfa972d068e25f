/** What a node lets its clients do, by whose connection it is: cases that throw when they fail. */
import assert from "node:assert/strict";
import { invocation } from "../../src/shared/object/invocation.ts";
import { Counter } from "../../src/shared/object/library/counter.ts";
import { Lock } from "../../src/shared/object/library/lock.ts";
import { describe, makeRegistry } from "../../src/shared/object/registry.ts";
import { type Call, type Outcome, type SessionId, seq } from "../../src/shared/object/types.ts";
import {
  type Action,
  client,
  everybody,
  type Identity,
  type Refuse,
  reader,
} from "../../src/shared/wire/identity.ts";
import { decodeValue, encodeCalls } from "../../src/shared/wire/values.ts";
import type { VirtualClock } from "../client/virtual-clock.ts";
import type { LaterCase } from "../server/fetch-rig.ts";
import { command, increment, RawClient, startAlone } from "../server/rig.ts";

/** Says who calls it. */
class Desk {
  static reads = ["user"];
  user(): string | null {
    return invocation().user;
  }
  note(): string | null {
    return invocation().user;
  }
}

const registry = makeRegistry([describe(Counter), describe(Lock), describe(Desk)]);
const ann: Identity = { user: "ann", rights: ["read", "call", "state"] };
const bob: Identity = { user: "bob", rights: ["read", "call", "state"] };
const secretOf = (n: number) => n.toString(16).padStart(32, "0");
const ttl = 60_000;

type World = Awaited<ReturnType<typeof startAlone>>;

async function open({ server, clock }: World, identity: Identity, secret: number) {
  const raw = new RawClient(server, identity);
  return { raw, session: await raw.open(clock, secretOf(secret), ttl) };
}

async function outcome(raw: RawClient, clock: VirtualClock, of: number): Promise<Outcome> {
  const find = () => raw.of("answer").find((answer) => Number(answer.seq) === of);
  await clock.until(() => find() !== undefined, `an answer to call ${of}`);
  return find()?.outcome as Outcome;
}

function readOf(session: SessionId, id: number, ...calls: readonly Call[]) {
  const payload = encodeCalls(calls);
  return { type: "read", session, id, n: calls.length, after: seq(0), local: null, payload } as const;
}

function returnedBy(found: Outcome | undefined): unknown {
  assert.equal(found?.type, "returned", JSON.stringify(found));
  return found?.type === "returned" ? decodeValue(found.value) : null;
}

const call = (object: string, method: string, ...args: readonly unknown[]): Call => ({
  object,
  method,
  args,
});
const denied = (message: RegExp) => (found: Outcome | undefined) => {
  assert.equal(found?.type, "refused");
  if (found?.type !== "refused") return;
  assert.deepEqual([found.code, found.executed], ["DENIED", "no"]);
  assert.match(found.message, message);
};

const readers: LaterCase = {
  name: "guard: a reader reads and watches, and calls nothing",
  run: async () => {
    const world = await startAlone(undefined, registry);
    const { clock, server } = world;
    const { raw, session } = await open(world, reader, 1);
    raw.say(increment(session, 1), readOf(session, 1, call("Counter", "getvalue")));
    denied(/^this needs the right "call"$/)(await outcome(raw, clock, 1));
    await clock.until(() => raw.of("readAnswer").length > 0, "an answer to the read");
    assert.equal(returnedBy(raw.of("readAnswer")[0]?.outcome), 0);
    raw.say({ type: "watch", feed: 1, object: "Counter", since: null, version: null, session: null });
    await clock.until(() => raw.of("feedSnapshot").length > 0, "the state");
    assert.equal(server.machine.peek("Counter/main"), undefined, "nothing was called");
  },
};

const watchers: LaterCase = {
  name: "guard: who lacks a right is told which",
  run: async () => {
    const world = await startAlone(undefined, registry);
    const { clock } = world;
    const { raw, session } = await open(world, { user: "eve", rights: ["call"] }, 1);
    raw.say(increment(session, 1), readOf(session, 1, call("Counter", "getvalue")));
    assert.equal((await outcome(raw, clock, 1)).type, "returned");
    denied(/^this needs the right "read"$/)(raw.of("readAnswer")[0]?.outcome);
    raw.say({ type: "watch", feed: 1, object: "Counter", since: null, version: null, session: null });
    const [end] = raw.of("feedEnd");
    assert.deepEqual([end?.code, end?.message], ["DENIED", 'this needs the right "state"']);
  },
};

const turns: LaterCase = {
  name: "guard: what is refused takes its turn, and the calls around it are executed once",
  run: async () => {
    const asked: Action[] = [];
    const refuse: Refuse = (action) => {
      asked.push(action);
      return action.args[0] === "no" ? "ann may not" : null;
    };
    const world = await startAlone(refuse, registry);
    const { clock, server } = world;
    const { raw, session } = await open(world, ann, 1);
    const note = (first: number, ...words: readonly string[]) =>
      command(session, first, ...words.map((word) => call("Desk", "note", word)));
    // All in one frame; the second command as a whole, for one of its calls.
    raw.say(
      increment(session, 1),
      note(2, "yes", "no"),
      increment(session, 4),
      note(5, "no"),
      increment(session, 6),
    );
    const increments = [1, 4, 6];
    for (const each of [1, 2, 3, 4, 5, 6]) {
      const found = await outcome(raw, clock, each);
      if (increments.includes(each)) assert.equal(found.type, "returned");
      else denied(/^ann may not$/)(found);
    }
    assert.deepEqual(server.machine.peek("Counter/main"), Object.assign(new Counter(), { value: 3 }));
    const [, { user, kind, object, method, args } = {} as Action] = asked;
    assert.deepEqual([user, kind, object, method, args], ["ann", "call", "Desk/main", "note", ["yes"]]);
    // Again, as a client does that has lost its connection: the log answers, and nothing more is executed.
    raw.say(increment(session, 4), note(5, "no"));
    await clock.pass(1_000);
    assert.deepEqual(server.machine.peek("Counter/main"), Object.assign(new Counter(), { value: 3 }));
  },
};

const names: LaterCase = {
  name: "guard: the rules are asked by the full name of an object, whichever way it is called",
  run: async () => {
    const asked: (string | null)[] = [];
    const refuse: Refuse = ({ object }) => {
      asked.push(object);
      return object === "Counter/main" ? "closed" : null;
    };
    const world = await startAlone(refuse, registry);
    const { clock } = world;
    const { raw, session } = await open(world, ann, 1);
    raw.say(
      command(session, 1, call("Counter", "increment")),
      command(session, 2, call("", "increment")),
      readOf(session, 1, call("Counter", "getvalue")),
      { type: "watch", feed: 1, object: "Counter", since: null, version: null, session: null },
    );
    denied(/^closed$/)(await outcome(raw, clock, 1));
    denied(/^that is not the address of an object/)(await outcome(raw, clock, 2));
    denied(/^closed$/)(raw.of("readAnswer")[0]?.outcome);
    assert.equal(raw.of("feedEnd")[0]?.message, "closed");
    assert.deepEqual(new Set(asked), new Set(["Counter/main"]));
  },
};

const undecodable: LaterCase = {
  name: "guard: what cannot be decoded is not allowed, where somebody has to say so",
  run: async () => {
    const world = await startAlone(() => null, registry);
    const { clock } = world;
    const { raw, session } = await open(world, ann, 1);
    const read = readOf(session, 1, call("Counter", "getvalue"));
    raw.say({ ...read, payload: Uint8Array.of(0x81, 0x83, 0xff) });
    denied(/cannot be decoded/)(raw.of("readAnswer")[0]?.outcome);
    raw.say(increment(session, 1));
    assert.equal((await outcome(raw, clock, 1)).type, "returned");
  },
};

const users: LaterCase = {
  name: "guard: methods see the user of the connection, and clients cannot say another",
  run: async () => {
    const world = await startAlone(undefined, registry);
    const { clock } = world;
    for (const [i, identity] of [ann, client, everybody].entries()) {
      const { raw, session } = await open(world, identity, i + 1);
      raw.say(command(session, 1, call("Desk", "note")), readOf(session, 1, call("Desk", "user")));
      assert.equal(returnedBy(await outcome(raw, clock, 1)), identity.user);
      await clock.until(() => raw.of("readAnswer").length > 0, "an answer to the read");
      assert.equal(returnedBy(raw.of("readAnswer")[0]?.outcome), identity.user);
    }
  },
};

const foreign: LaterCase = {
  name: "guard: a session is its user's alone, whoever knows its secret",
  run: async () => {
    const world = await startAlone(undefined, registry);
    const { clock, server } = world;
    const { raw, session } = await open(world, ann, 1);
    raw.say(command(session, 1, call("Lock", "acquire")));
    const token = returnedBy(await outcome(raw, clock, 1));
    raw.hangUp();
    for (const thief of [bob, client]) {
      const attaches = new RawClient(server, thief);
      attaches.say({ type: "attach", session, secret: secretOf(1) });
      assert.deepEqual(attaches.closed, { code: "DENIED", message: "this session belongs to another user" });
      const opens = new RawClient(server, thief);
      opens.say({ type: "open", secret: secretOf(1), ttl });
      await clock.until(() => opens.of("openRefused").length > 0, "a refusal");
      assert.equal(opens.of("openRefused")[0]?.code, "DENIED");
      assert.deepEqual(opens.of("opened"), []);
      opens.say(command(session, 2, call("Lock", "release")));
      assert.equal(opens.closed === "open" ? null : opens.closed?.code, "DENIED");
    }
    // And with a session of their own they do not hold the lock.
    const { raw: own, session: other } = await open(world, bob, 2);
    own.say(command(other, 1, call("Lock", "release")));
    const found = await outcome(own, clock, 1);
    assert.equal(found.type, "threw");
    const again = new RawClient(server, ann);
    again.say({ type: "attach", session, secret: secretOf(1) }, command(session, 2, call("Lock", "token")));
    assert.equal(returnedBy(await outcome(again, clock, 2)), token);
  },
};

const both: LaterCase = {
  name: "guard: two users who open with one secret at the same time do not share a session",
  run: async () => {
    const world = await startAlone(undefined, registry);
    const { clock, server } = world;
    const [first, second] = [new RawClient(server, ann), new RawClient(server, bob)];
    first.say({ type: "open", secret: secretOf(1), ttl });
    second.say({ type: "open", secret: secretOf(1), ttl });
    await clock.pass(1_000);
    const opened = [first, second].flatMap((raw) => raw.of("opened"));
    assert.equal(opened.length <= 1, true);
    const [session] = [...server.machine.openSessions];
    assert.equal(session?.user, "ann");
    assert.deepEqual(second.of("opened"), []);
  },
};

export const guardCases: readonly LaterCase[] = [
  ...[readers, watchers, turns, names, undecodable, users, foreign, both],
];
