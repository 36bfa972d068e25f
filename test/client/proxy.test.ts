/** What a proxy has, what it lacks, and what `connect` refuses. */
import { describe, expect, it } from "vitest";
import { thrownError } from "../../src/shared/client/errors.ts";
import { flush, session, within } from "../../src/shared/client/index.ts";
import { FakeCluster } from "./fake-cluster.ts";

const world = new FakeCluster(1);
const { connect, openSession } = world.client();

// biome-ignore lint/complexity/noStaticOnlyClass: a class as users write them
class Named {
  static name = "Other";
}

describe("a proxy", () => {
  const proxy: object = connect("Counter");

  it.each([
    "then",
    "catch",
    "finally",
    "toJSON",
    "toString",
    "valueOf",
    "constructor",
    "prototype",
    "$$typeof",
    "nodeType",
    "asymmetricMatch",
    "_private",
    "__proto__",
    "__concoordinit",
  ])("has no method %s", (name) => {
    expect(Reflect.get(proxy, name)).toBeUndefined();
    expect(name in proxy).toBe(false);
  });

  it.each(["increment", "__concoordinit__", "hasOwnProperty", "length", "name", "0", ""])(
    "has a method %j",
    (name) => {
      expect(Reflect.get(proxy, name)).toBeTypeOf("function");
      expect(Reflect.get(proxy, name)).toBe(Reflect.get(proxy, name));
      expect(name in proxy).toBe(true);
    },
  );

  it("has our symbols, and no others", () => {
    expect(session).toBe(Symbol.for("concoord.session"));
    expect(flush).toBe(Symbol.for("concoord.flush"));
    for (const symbol of [session, flush, Symbol.asyncDispose])
      expect(Reflect.get(proxy, symbol)).toBeTruthy();
    for (const symbol of [Symbol.iterator, Symbol.toPrimitive, Symbol.toStringTag, Symbol.dispose]) {
      expect(Reflect.get(proxy, symbol)).toBeUndefined();
    }
  });

  it("can be awaited and returned from async functions, and never changed", async () => {
    expect(await proxy).toBe(proxy);
    expect(await (async () => proxy)()).toBe(proxy);
    expect(Object.keys(proxy)).toEqual([]);
    expect(Reflect.set(proxy, "increment", 1)).toBe(false);
    expect(Reflect.defineProperty(proxy, "increment", { value: 1 })).toBe(false);
  });

  it("keeps its session in views", () => {
    const view = within(proxy, { timeout: 1 });
    expect(view).not.toBe(proxy);
    expect(Reflect.get(view, session)).toBe(Reflect.get(proxy, session));
    expect(() => within({}, {})).toThrow(TypeError);
    expect(() => within(proxy, { timeout: -1 })).toThrow(RangeError);
    expect(() => within(proxy, { timeout: Number.NaN })).toThrow(RangeError);
  });
});

describe("connect", () => {
  it("names the object after class and name", async () => {
    const s = openSession();
    const proxies = [
      connect(Named),
      connect(Named, world.boot, { name: "x" }),
      connect("Other/y"),
      connect("Other", undefined, { name: "z" }),
    ];
    const messages: string[] = [];
    for (const proxy of proxies) {
      const view: object = within(proxy as object, { timeout: 0 });
      const call = Reflect.get(view, "get")() as Promise<unknown>;
      call.catch((error: Error) => messages.push(error.message));
    }
    s.call("Other", "get", [], { timeout: 0 }).catch((error: Error) => messages.push(error.message));
    await world.clock.pass(1);
    expect(messages.map((m) => m.split(".")[0])).toEqual([
      "Other/main",
      "Other/x",
      "Other/y",
      "Other/z",
      "Other/main",
    ]);
  });

  it.each<[string, () => unknown]>([
    ["an anonymous class", () => connect(class {})],
    ["a name given twice", () => connect("A/b", undefined, { name: "c" })],
    ["a class that no address can hold", () => connect("")],
    ["an object that no address can hold", () => connect("A", undefined, { name: "x".repeat(129) })],
    ["an address without a port", () => connect("A", "127.0.0.1")],
    ["too short a sessionTtl", () => connect("A", undefined, { sessionTtl: 999 })],
    ["too long a sessionTtl", () => connect("A", undefined, { sessionTtl: 86_400_001 })],
    ["an unknown kind of proxy", () => connect("A", undefined, { proxy: 4 as 3 })],
    ["a timeout that is no number", () => connect("A", undefined, { timeout: "1" as unknown as number })],
    ["a signal that is none", () => connect("A", undefined, { signal: {} as AbortSignal })],
  ])("refuses %s before anything is dialled", (_, make) => {
    const dials = world.node(0).dials;
    expect(make).toThrow(/^[^\n]+$/);
    expect(world.node(0).dials).toBe(dials);
  });
});

describe("errors of methods", () => {
  it("keep name, message, data and code", () => {
    const error = thrownError({
      name: "TypeError",
      message: "no",
      code: null,
      data: { a: 1, stack: "x", name: "y" },
    });
    expect(error).toMatchObject({ name: "TypeError", message: "no", a: 1 });
    expect("code" in error).toBe(false);
    expect(error.stack).not.toBe("x");
    expect(String(error)).toBe("TypeError: no");
  });

  it("cannot reach a prototype", () => {
    const data = JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>;
    const error = thrownError({ name: "Error", message: "", code: null, data });
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect("polluted" in {}).toBe(false);
  });
});
