import { expect, test, vi } from "vitest";
import { resultBytesMax } from "../../src/shared/limits.ts";
import { type Invocation, invocation } from "../../src/shared/object/invocation.ts";
import { Counter } from "../../src/shared/object/library/counter.ts";
import { created, increments, Log, registryOf, shown } from "./machine.ts";

class Base {
  inherited(): string {
    return "inherited";
  }
}

class OverdrawnError extends Error {
  override readonly name = "OverdrawnError";
  readonly code = "OVERDRAWN";
  readonly missing = 5;
  readonly unsendable = (): string => this.missing.toFixed();
}

/** Everything that may and may not be called, returned and thrown. */
class Zoo extends Base {
  static reads = ["add"];
  list: unknown[] = [];
  arrow = (): string => "arrow";
  static ofClass(): string {
    return "static";
  }
  get computed(): () => string {
    return () => "computed";
  }
  _internal(): string {
    return "internal";
  }
  override toString(): string {
    return "zoo";
  }
  onSessionEnd(): void {
    this.list = [];
  }
  add(...values: unknown[]): unknown {
    this.list.push(...values);
    return this.list;
  }
  addAndThrow(value: unknown): void {
    this.list.push(value);
    throw new OverdrawnError("not enough");
  }
  throwAny(what: string): void {
    if (what === "text") throw "a text";
    if (what === "object") throw { message: "of an object", code: 7, list: [1] };
    if (what === "data") throw { a: 1 };
    if (what === "symbol") throw Symbol("s");
    if (what === "nothing") throw undefined;
    if (what === "hostile") {
      throw {
        get message(): string {
          throw new Error("no");
        },
      };
    }
    if (what === "long") throw new RangeError("x".repeat(2 * resultBytesMax));
    throw new TypeError(what, { cause: "hidden" });
  }
  recurse(): number {
    return this.recurse() + 1;
  }
  give(what: string): unknown {
    if (what === "function") return { deep: [() => 1] };
    if (what === "cycle") {
      this.list.push(this.list);
      return this.list;
    }
    if (what === "promise") return Promise.reject(new Error("never seen"));
    if (what === "thenable") return { then: () => 1 };
    if (what === "big") return new Uint8Array(resultBytesMax + 1);
    return { nested: new Map([["a", 1n]]) };
  }
  later(): Invocation {
    return { ...invocation() };
  }
}

class NeedsLuck {
  readonly value: number;
  constructor(value = 0) {
    if (value < 0) throw new RangeError("negative");
    this.value = value;
  }
  get(): number {
    return this.value;
  }
}

class Unmade {
  constructor() {
    throw new Error(`never at ${invocation().seq}`);
  }
  get(): void {
    throw new Error("not reached");
  }
}

function newLog(): Log {
  return new Log(registryOf(Counter, Zoo, NeedsLuck, Unmade));
}

test("objects are made at their first call, by class and name", () => {
  const log = newLog();
  const session = log.open();
  log.call(session, "Counter/a", "increment");
  log.call(session, "Counter/a/b c", "increment");
  log.call(session, "Counter", "increment");
  log.call(session, "Counter/main", "increment");
  expect(log.machine.objects()).toEqual([
    { class: "Counter", name: "a" },
    { class: "Counter", name: "a/b c" },
    { class: "Counter", name: "main" },
  ]);
  expect(shown(log.call(session, "Counter/main", "getvalue"))).toEqual({ value: 2 });
  expect(shown(log.call(session, "Counter/a", "getvalue"))).toEqual({ value: 1 });
});

test.each([
  "",
  "/",
  "Counter/",
  "/main",
  "Nothing/main",
  "Counter/a\nb",
  "__proto__/x",
  `Counter/${"x".repeat(129)}`,
])("no object %j", (object) => {
  const log = newLog();
  expect(shown(log.call(log.open(), object, "increment"))).toBe("UNKNOWN_CLASS no");
  expect(log.machine.objects()).toEqual([]);
});

test.each([
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "__defineGetter__",
  "valueOf",
  "computed",
  "list",
  "arrow",
  "_internal",
  "onSessionEnd",
  "ofClass",
  "",
  "nothing",
])("%j cannot be called", (method) => {
  const log = newLog();
  const session = log.open();
  const outcome = log.call(session, "Zoo/main", method);
  expect(shown(outcome)).toBe("UNKNOWN_METHOD no");
  expect(outcome).toHaveProperty("message", expect.stringContaining("callable: add, addAndThrow,"));
  expect(log.machine.objects()).toEqual([]);
  expect(shown(log.call(session, "Zoo/main", "inherited"))).toEqual({ value: "inherited" });
  expect(shown(log.call(session, "Zoo/main", method))).toBe("UNKNOWN_METHOD no");
});

test("a result is what it was at the return, whatever becomes of the object", () => {
  const log = newLog();
  const session = log.open();
  const first = log.call(session, "Zoo/main", "add", 1);
  log.call(session, "Zoo/main", "add", { two: new Date(2) });
  expect(shown(first)).toEqual({ value: [1] });
  expect(shown(log.call(session, "Zoo/main", "add"))).toEqual({ value: [1, { two: new Date(2) }] });
});

test("an error arrives with its name, message, code and data; what was changed stays", () => {
  const log = newLog();
  const session = log.open();
  expect(shown(log.call(session, "Zoo/main", "addAndThrow", 9))).toEqual({
    error: { name: "OverdrawnError", message: "not enough", code: "OVERDRAWN", data: { missing: 5 } },
  });
  expect(shown(log.call(session, "Zoo/main", "add"))).toEqual({ value: [9] });
});

test.each([
  ["text", { name: "Error", message: "a text", code: null, data: {} }],
  ["data", { name: "Error", message: '{"a":1}', code: null, data: { a: 1 } }],
  ["object", { name: "Error", message: "of an object", code: null, data: { code: 7, list: [1] } }],
  ["symbol", { name: "Error", message: "Symbol(s)", code: null, data: {} }],
  ["nothing", { name: "Error", message: "undefined", code: null, data: {} }],
  ["hostile", { name: "Error", message: "an error whose properties cannot be read", code: null, data: {} }],
  ["long", { name: "RangeError", message: "x".repeat(1_000), code: null, data: {} }],
  ["plain", { name: "TypeError", message: "plain", code: null, data: {} }],
])("throwing %s", (what, error) => {
  const log = newLog();
  expect(shown(log.call(log.open(), "Zoo/main", "throwAny", what))).toEqual({ error });
});

test("a stack overflow is an error like others", () => {
  const log = newLog();
  const outcome = shown(log.call(log.open(), "Zoo/main", "recurse"));
  expect(outcome).toMatchObject({
    error: { name: "RangeError", message: "Maximum call stack size exceeded" },
  });
});

test.each([
  ["function", "NOT_SENDABLE yes"],
  ["cycle", "NOT_SENDABLE yes"],
  ["promise", "RETURNED_PROMISE yes"],
  ["thenable", "RETURNED_PROMISE yes"],
  ["big", "TOO_BIG yes"],
  ["map", { value: { nested: new Map([["a", 1n]]) } }],
])("returning %s", (what, outcome) => {
  const log = newLog();
  expect(shown(log.call(log.open(), "Zoo/main", "give", what))).toEqual(outcome);
});

test("__concoordinit__ builds the object anew", () => {
  const log = newLog();
  const session = log.open();
  expect(shown(log.call(session, "NeedsLuck/a", "__concoordinit__", 4))).toEqual({ value: undefined });
  expect(shown(log.call(session, "NeedsLuck/a", "get"))).toEqual({ value: 4 });
  expect(shown(log.call(session, "NeedsLuck/a", "__concoordinit__", -1))).toMatchObject({
    error: { message: "negative" },
  });
  expect(shown(log.call(session, "NeedsLuck/a", "get"))).toEqual({ value: 4 });
  log.call(session, "NeedsLuck/a", "__concoordinit__");
  expect(shown(log.call(session, "NeedsLuck/a", "get"))).toEqual({ value: 0 });
});

test("a constructor that throws is the call's outcome, and makes no object", () => {
  const log = newLog();
  const session = log.open();
  expect(shown(log.call(session, "Unmade/a", "get"))).toMatchObject({ error: { message: "never at 1" } });
  expect(log.machine.objects()).toEqual([]);
});

test("each call of a command has its own outcome", () => {
  const log = newLog();
  const session = log.open();
  log.call(session, "Zoo/main", "add");
  const { answers } = log.apply(increments(session, 2, 2));
  expect(answers).toHaveLength(2);
  expect(log.machine.callIndex).toBe(created * 2 ** 20 + 3);
});

test("invocation() describes the call, and answers only within one", () => {
  class Asker {
    ask(): unknown {
      const { random, ...rest } = invocation();
      return { ...rest, random: random() };
    }
  }
  const log = new Log(registryOf(Asker));
  const session = log.open();
  expect(shown(log.call(session, "Asker/main", "ask"))).toEqual({
    value: {
      session,
      seq: 1,
      index: created * 2 ** 20,
      slot: 3,
      user: null,
      now: log.wall,
      logTime: log.at,
      random: expect.any(Number),
    },
  });
  expect(() => invocation()).toThrow("only inside a method");
});

test("two copies of the package share one context", async () => {
  class Asker {
    ask(): number {
      return second().seq;
    }
  }
  vi.resetModules();
  const copy = await import("../../src/shared/object/invocation.ts");
  const second = copy.invocation;
  expect(second).not.toBe(invocation);
  const log = new Log(registryOf(Asker));
  expect(shown(log.call(log.open(), "Asker/main", "ask"))).toEqual({ value: 1 });
});
