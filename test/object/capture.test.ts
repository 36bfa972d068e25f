/** What objects may hold, and that a snapshot keeps it as it is. */
import { describe, expect, test } from "vitest";
import { expectSame, Keeper, keeping, problemsOf, revived, snapshotOf } from "./keeper.ts";

class Point {
  x = 0;
  y: unknown = 0;
  get sum(): number {
    return this.x;
  }
}
class Bag extends Map<unknown, unknown> {
  label = "bag";
}
class Row extends Array<unknown> {
  title = "row";
}
class Failure extends RangeError {
  data = [1];
}

function holed(array: unknown[], ...at: readonly number[]): unknown[] {
  for (const i of at) delete array[i];
  return array;
}

describe("values come back as they are", () => {
  test.each<readonly [string, unknown]>([
    ["numbers", [0, -0, 1, -1, 127, 128, -128, 0.1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53), 2 ** 60]],
    ["odd numbers", [Number.NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE]],
    [
      "texts",
      ["", "a", "é", "€", "😀", "\ud800", "x\udc00y", "\u0000", "a".repeat(5_000), "ж".repeat(70_000)],
    ],
    ["bigints", [0n, 1n, -1n, 2n ** 64n, -(10n ** 1_000n), 7n ** 20_000n]],
    ["what is none", [undefined, null, true, false]],
    ["dates", [new Date(0), new Date(-1.7e12), new Date(Number.NaN)]],
    [
      "maps",
      new Map<unknown, unknown>([
        ["b", 1],
        ["a", new Map([[Number.NaN, 2]])],
        [null, 3],
        [{}, 4],
      ]),
    ],
    ["sets", new Set<unknown>([3, "3", [3], new Set([undefined])])],
    ["objects", { b: 1, a: { 7: 1, 3: 2 }, "": 0, ["__proto__"]: 5, toString: 1, constructor: "x" }],
    ["no prototype", Object.assign(Object.create(null), { a: 1, ["__proto__"]: { b: 2 } })],
    ["holes", holed([1, 2, 3, 4, 5], 1, 3, 4)],
    ["an array of nothing", new Array(70_000)],
    ["a far element", Object.assign([], { 4294967290: "far", 77: "near" })],
    ["an array with a name", Object.assign([1, 2], { index: 3, "04": 4 })],
    ["what the language adds to arrays", /(?<x>b)(c)?/.exec("abc")],
    ["expressions", [/a\/b[/]/giu, /(?:)/, /\p{L}+/v]],
    [
      "errors",
      [new Error("e", { cause: [1] }), new TypeError(""), new AggregateError([new Error("f")], "g")],
    ],
    ["buffers", [new ArrayBuffer(3), new DataView(new ArrayBuffer(8), 2, 3), new ArrayBuffer(600_000)]],
    ["typed arrays", [new Uint8Array([1, 2]), new Float64Array([1.5, -0]), new BigInt64Array([-1n])]],
    ["parts of buffers", new Uint16Array(new Uint8Array([1, 2, 3, 4, 5, 6]).buffer, 2, 2)],
  ])("%s", (_, value) => {
    expectSame(value);
  });

  test("order: of properties, entries and members", () => {
    const back = revived({
      z: new Map([
        [2, 1],
        [1, 2],
      ]),
      y: new Set([9, 1]),
      x: 0,
    });
    expect(Object.keys(back)).toEqual(["z", "y", "x"]);
    expect([...back.z.keys(), ...back.y]).toEqual([2, 1, 9, 1]);
  });

  test("how a property may be used, and what may be done to an object", () => {
    const odd = Object.defineProperty({ a: 1 }, "b", { value: [2], configurable: true });
    const back = revived([
      odd,
      Object.freeze([1]),
      Object.seal({ a: 1 }),
      Object.preventExtensions({ b: 1 }),
    ]);
    expect(Object.getOwnPropertyDescriptors(back[0])).toEqual(Object.getOwnPropertyDescriptors(odd));
    expect(back.map((o) => [Object.isFrozen(o), Object.isSealed(o), Object.isExtensible(o)])).toEqual([
      [false, false, true],
      [true, true, false],
      [false, true, false],
      [false, false, false],
    ]);
  });

  test("lastIndex of an expression, and an error without the stack of a machine", () => {
    const expression = /a/g;
    expression.lastIndex = 3;
    const back = revived([expression, new TypeError("t")] as const);
    expect(back[0].lastIndex).toBe(3);
    expect(back[1]).toBeInstanceOf(TypeError);
    expect(Object.prototype.toString.call(back[1])).toBe("[object Error]");
    expect(back[1].stack).toBe(undefined);
  });

  test("a NaN of any bits in an array of floats is one and the same", () => {
    const floats = new Float64Array(2);
    const bits = new Uint8Array(floats.buffer);
    const usual = snapshotOf(keeping(new Float64Array([Number.NaN, 0])).machine);
    bits.set([1, 0, 0, 0, 0, 0, 0xf8, 0xff]);
    expect(snapshotOf(keeping(floats).machine)).toEqual(usual);
    expect(bits[0]).toBe(1);
  });
});

describe("identity", () => {
  test("cycles, shared parts, keys that are values, shared buffers", () => {
    const shared = { n: 1 };
    const buffer = new ArrayBuffer(16);
    const value: Record<string, unknown> = { shared, again: [shared], byKey: new Map([[shared, shared]]) };
    Object.assign(value, {
      self: value,
      a: new Uint8Array(buffer),
      b: new Float32Array(buffer, 4, 2),
      buffer,
    });
    const back = revived(value) as Record<string, never>;
    expect(back["self"]).toBe(back);
    expect(back["again"]?.[0]).toBe(back["shared"]);
    expect([...new Map(back["byKey"] ?? [])]).toEqual([[back["shared"], back["shared"]]]);
    expect(new Map(back["byKey"]).get(back["shared"])).toBe(back["shared"]);
    const { a, b } = back as unknown as { a: Uint8Array; b: Float32Array };
    expect(a.buffer).toBe(b.buffer);
    expect(a.buffer).toBe(back["buffer"]);
  });

  test("an object that holds itself", () => {
    const log = keeping(null);
    const top = log.machine.peek("Keeper/main") as Keeper;
    top.value = [top];
    const bytes = snapshotOf(log.machine);
    log.machine.restore(bytes);
    const back = log.machine.peek("Keeper/main") as Keeper;
    expect(back).not.toBe(top);
    expect(back.value).toEqual([back]);
    expect((back.value as unknown[])[0]).toBe(back);
  });

  test("a long text that many share is written once", () => {
    const text = "long ".repeat(2_000);
    const bytes = snapshotOf(keeping(Array.from({ length: 1_000 }, () => text)).machine);
    expect(bytes.length).toBeLessThan(20_000);
    expectSame([text, `${text}!`, text]);
  });

  test("a list of 100,000 links, in arrays, maps and fields", () => {
    let list: unknown = null;
    for (let i = 0; i < 100_000; i++)
      list = i % 3 === 0 ? [list] : i % 3 === 1 ? new Map([[list, i]]) : { next: list };
    let depth = 0;
    for (let at = revived(list); at !== null; depth++) {
      if (Array.isArray(at)) at = at[0];
      else at = at instanceof Map ? [...at.keys()][0] : Reflect.get(at as object, "next");
    }
    expect(depth).toBe(100_000);
  });
});

describe("classes", () => {
  test("instances, also of what extends Map, Array and Error; no constructor runs", () => {
    const point = Object.assign(new Point(), { x: 2, y: new Point() });
    const bag = new Bag([["k", point]]);
    const row = Row.from([1, 2]);
    const values: unknown = [point, bag, row, new Failure("f")];
    const back = expectSame(values, Point, Bag, Row, Failure) as [Point, Bag, Row];
    expect(back[1].get("k")).toBe(back[0]);
    expect(back[0].sum).toBe(2);
    expect(back[2]).toBeInstanceOf(Row);
    expect(back[2].title).toBe("row");
  });

  test("a field that hides an accessor or a method of the prototype", () => {
    const point = new Point();
    Object.defineProperty(point, "sum", { value: 9, writable: true, enumerable: true, configurable: true });
    expect(Object.getOwnPropertyDescriptor(revived(point, Point), "sum")?.value).toBe(9);
  });

  test("an object is made with `new`, and then has the fields of the snapshot", () => {
    const log = keeping(1);
    const top = log.machine.peek("Keeper/main") as Keeper & { more?: number };
    top.more = 5;
    Reflect.deleteProperty(top, "value");
    log.machine.restore(snapshotOf(log.machine));
    expect(log.machine.peek("Keeper/main")).toEqual({ more: 5 });
    expect(log.machine.peek("Keeper/main")).toBeInstanceOf(Keeper);
  });
});

describe("what cannot be taken is named", () => {
  class Unknown {}
  class Secret {
    #n = 1;
    n(): number {
      return this.#n;
    }
  }
  class Helping {
    n = 1;
    #help(): number {
      return this.n;
    }
    go(): number {
      return this.#help();
    }
  }
  class Later extends Promise<number> {}
  function revoked(): object {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }

  test.each<readonly [string, () => unknown]>([
    ["field value.list[1].fn is a function", () => ({ list: [0, { fn: Number.isNaN }] })],
    ["field value is a symbol", () => Symbol("s")],
    ['field value.get("k").a is a symbol', () => new Map([["k", { a: Symbol.iterator }]])],
    ["field value.keys()[0] is a function", () => new Map([[Number.isNaN, 1]])],
    ["field value.get(7) is a function", () => new Map([[7, Number.isNaN]])],
    ["field value.values()[1] is a function", () => new Set([1, Number.isNaN])],
    ["field value.extra is a function", () => Object.assign([1], { extra: Number.isNaN })],
    ['field value["odd key"] is a function', () => ({ "odd key": Number.isNaN })],
    ["field value.x is a getter or a setter", () => Object.defineProperty({}, "x", { get: () => 1 })],
    ["field value has a property named by a symbol: Symbol(tag)", () => ({ [Symbol.for("tag")]: 1 })],
    ["field value is a Promise", () => Promise.resolve(1)],
    ["field value is a WeakMap", () => new WeakMap()],
    ["field value is a Number", () => Object(1)],
    ["field value has a prototype that is not of a class", () => [1].values()],
    ["field value is a Object", () => Object.create({ constructor: Object })],
    ["field value is a Buffer", () => Buffer.from("x")],
    ["field value is a Unknown, a class that neither its module nor a relative", () => new Unknown()],
    ["field value is a proxy", () => new Proxy({}, {})],
    ["field value is a proxy", () => revoked()],
    ["field value has a buffer that is shared", () => new Uint8Array(new SharedArrayBuffer(1))],
    ["field value has a buffer that is shared", () => new ArrayBuffer(1, { maxByteLength: 2 })],
    ["field value cannot be read: Method get Map", () => Object.create(Map.prototype)],
    ["field value is a bigint that is too large", () => 1n << 9_000_000n],
    ["field value is of class Secret, which has #private members", () => new Secret()],
    ["field value is of class Helping, which has #private members", () => new Helping()],
    ["field value is of class Later, which extends Promise", () => new Later(() => undefined)],
  ])("%#: %s", (problem, make) => {
    const [found] = problemsOf(make(), Secret, Helping, Later);
    expect(found).toContain(`Keeper/main: ${problem}`);
  });

  test("not more than twenty of them", () => {
    expect(problemsOf(Array(100).fill(Number.isNaN))).toHaveLength(20);
  });

  test("an object that is not of its class any more", () => {
    const log = keeping(1);
    Object.setPrototypeOf(log.machine.peek("Keeper/main"), Unknown.prototype);
    const { pieces, problems } = log.machine.capture();
    expect([...pieces].length).toBe(1);
    expect(problems).toEqual(["Keeper/main: it is not of its class any more"]);
  });
});
