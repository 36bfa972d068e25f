/** Live objects in one process: a node, its clients, virtual time. */
import { describe, expect, test, vi } from "vitest";
import { session as sessionOf } from "../../src/shared/client/types.ts";
import type { Change, Gap, Live } from "../../src/shared/live/index.ts";
import { block, resume, type Ticket } from "../../src/shared/object/index.ts";
import { LiveRig } from "./rig.ts";

class Chat {
  lines: { text: string; likes: number }[] = [];
  byAuthor = new Map<string, number>();
  started = new Date(0);
  bytes = new Uint8Array(2);
  say(text: string, author = "a"): number {
    if (text === "") throw new RangeError("say something");
    this.byAuthor.set(author, (this.byAuthor.get(author) ?? 0) + 1);
    return this.lines.push({ text, likes: 0 });
  }
  like(i: number): void {
    const line = this.lines[i];
    if (line !== undefined) line.likes++;
  }
  half(): void {
    this.lines.push({ text: "half", likes: 0 });
    throw new Error("no more");
  }
}

async function chatRig() {
  const rig = await LiveRig.start(Chat);
  const chat = rig.client().live(Chat);
  await rig.done(chat.ready);
  return { rig, chat };
}

async function take(chat: Live<Chat>, rig: LiveRig, n: number, run: () => Promise<unknown>) {
  const changes: (Change | Gap)[] = [];
  const iteration = chat.changes();
  const reading = (async () => {
    for await (const change of iteration) if (changes.push(change) === n) return;
  })();
  await rig.done(run());
  await rig.done(reading);
  return changes;
}

describe("what is shown", () => {
  test("own calls at once, others' when they are confirmed", async () => {
    const { rig, chat } = await chatRig();
    const other = rig.client().live(Chat, undefined, { name: "main" });
    await rig.done(other.ready);
    const said = chat.calls.say("hi");
    expect(chat.state.lines).toEqual([{ text: "hi", likes: 0 }]);
    expect(other.state.lines).toEqual([]);
    expect(await rig.done(said)).toBe(1);
    await rig.clock.until(() => other.state.lines.length === 1, "the line");
    expect(chat.state.lines).toEqual(other.state.lines);
  });

  test("parts that did not change are the same", async () => {
    const { rig, chat } = await chatRig();
    await rig.done(Promise.all([chat.calls.say("a"), chat.calls.say("b"), chat.calls.say("c")]));
    await rig.clock.pass(100);
    const before = chat.state;
    expect(chat.snapshot()).toBe(before);
    await rig.done(chat.calls.like(1));
    await rig.clock.pass(100);
    const after = chat.state;
    expect(after).not.toBe(before);
    expect(after.lines[0]).toBe(before.lines[0]);
    expect(after.lines[2]).toBe(before.lines[2]);
    expect(after.lines[1]).not.toBe(before.lines[1]);
    for (const key of ["byAuthor", "started", "bytes"] as const) expect(after[key]).toBe(before[key]);
  });

  test("it is read-only", async () => {
    const { rig, chat } = await chatRig();
    await rig.done(chat.calls.say("a"));
    const state = chat.state as Chat;
    const readOnly = /read.only|not extensible|constant/i;
    expect(() => state.lines.push({ text: "", likes: 0 })).toThrow(readOnly);
    expect(() => state.byAuthor.set("b", 1)).toThrow(readOnly);
    expect(() => state.byAuthor.clear()).toThrow(readOnly);
    expect(() => state.started.setTime(1)).toThrow(readOnly);
    expect(() => Object.assign(state.lines[0] ?? {}, { likes: 9 })).toThrow(readOnly);
    expect(state.byAuthor).toBeInstanceOf(Map);
    expect(state.started.getTime()).toBe(0);
    // @ts-expect-error: a live state has no method that changes its map
    expect(() => chat.state.byAuthor.set("b", 1)).toThrow();
  });

  test("subscribers hear of changes until they leave; what one throws harms no other", async () => {
    const { rig, chat } = await chatRig();
    const heard = vi.fn();
    const { subscribe } = chat;
    const leave = subscribe(heard);
    void chat.calls.say("a");
    await rig.clock.until(() => heard.mock.calls.length > 0, "news");
    await rig.clock.pass(200);
    leave();
    const { length } = heard.mock.calls;
    await rig.done(chat.calls.say("b"));
    await rig.clock.pass(200);
    expect(heard.mock.calls.length).toBe(length);
  });
});

describe("optimistic calls", () => {
  test("one that throws shows what it changed", async () => {
    const { rig, chat } = await chatRig();
    const half = chat.calls.half();
    expect(chat.state.lines).toHaveLength(1);
    await expect(rig.done(half)).rejects.toThrow("no more");
    await rig.clock.pass(100);
    expect(chat.state.lines).toHaveLength(1);
  });

  test("block shows the state as the method left it, and its promise settles from the log", async () => {
    class Gate {
      waiting: Ticket<number>[] = [];
      opened = 0;
      pass() {
        return block(this.waiting);
      }
      open(): boolean {
        this.opened++;
        return resume(this.waiting, this.opened);
      }
    }
    const rig = await LiveRig.start(Gate);
    const gate = rig.client().live(Gate);
    await rig.done(gate.ready);
    const passed = gate.calls.pass();
    let through = false;
    void passed.then(() => {
      through = true;
    });
    expect(gate.state.waiting).toHaveLength(1);
    const opened = gate.calls.open();
    expect(gate.state.waiting).toHaveLength(0);
    await Promise.resolve();
    expect(through).toBe(false);
    expect(await rig.done(opened)).toBe(true);
    expect(await rig.done(passed)).toBe(1);
    await rig.clock.pass(100);
    expect(gate.state).toMatchObject({ waiting: [], opened: 1 });
  });
});

describe("changes", () => {
  test("come in order, decoded", async () => {
    const { rig, chat } = await chatRig();
    const changes = await take(chat, rig, 3, async () => {
      await chat.calls.say("a", "b");
      await chat.calls.say("").catch((error: unknown) => error);
      await chat.calls.like(0);
    });
    expect(changes).toMatchObject([
      { kind: "call", method: "say", args: ["a", "b"], at: 0, seq: 1 },
      { kind: "call", method: "say", args: [""], seq: 2 },
      { kind: "call", method: "like", args: [0], seq: 3 },
    ]);
  });

  test("end with their signal and with the object", async () => {
    const { rig, chat } = await chatRig();
    const abort = new AbortController();
    const first = chat.changes({ signal: abort.signal }).next();
    abort.abort();
    expect((await rig.done(first)).done).toBe(true);
    const second = chat.changes().next();
    await rig.done(chat[Symbol.asyncDispose]());
    expect((await rig.done(second)).done).toBe(true);
  });
});

describe("a session", () => {
  test("follows many objects on one connection", async () => {
    const rig = await LiveRig.start(Chat);
    const s = rig.client().openSession();
    const [a, b] = [s.live(Chat, "a"), s.live(Chat, "b")];
    await rig.done(Promise.all([a.ready, b.ready]));
    await rig.done(a.calls.say("only a"));
    await rig.clock.pass(100);
    expect(a.state.lines).toHaveLength(1);
    expect(b.state.lines).toHaveLength(0);
    expect(rig.wires).toHaveLength(1);
    expect(a[sessionOf]).toBe(s);
  });
});
