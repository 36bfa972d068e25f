/** The objects of the library that never block: each method's cases, also after a snapshot at every step. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Registry } from "../../src/shared/object/registry.ts";
import { follow, library, Rig, type Step } from "./rig.ts";

const value = "ValueError VALUE_ERROR";

const tables: Readonly<Record<string, readonly Step[]>> = {
  Counter: [
    ["increment", [], undefined],
    ["increment", [], undefined],
    ["decrement", [], undefined],
    ["getvalue", [], 1],
    ["__concoordinit__", ["5"], value],
    ["__concoordinit__", [5], undefined],
    ["getvalue", [], 5],
  ],
  Bank: [
    ["open", ["a"], true],
    ["open", ["a"], false],
    ["open", [""], value],
    ["open", [7], value],
    ["deposit", ["a", 10], 10],
    ["deposit", ["a", 0.5], 10.5],
    ["debit", ["a", 10.6], false],
    ["balance", ["a"], 10.5],
    ["debit", ["a", 10.5], 0],
    ["debit", ["a", 0], 0],
    ["deposit", ["a", -1], value],
    ["debit", ["a", -1], value],
    ["deposit", ["a", "ten"], value],
    ["deposit", ["a", Number.NaN], value],
    ["deposit", ["a", 1.7e308], 1.7e308],
    ["deposit", ["a", 1.7e308], value],
    ["deposit", ["b", 1], "KeyError"],
    ["debit", ["b", 1], "KeyError"],
    ["balance", ["b"], "KeyError"],
    ["close", ["b"], "KeyError"],
    ["open", ["b"], true],
    [
      "accounts",
      [],
      [
        ["a", 1.7e308],
        ["b", 0],
      ],
    ],
    ["close", ["a"], true],
    ["accounts", [], [["b", 0]]],
  ],
  Log: [
    ["read", [], ""],
    ["append", ["one"], undefined],
    ["append", [2], undefined],
    ["read", [], "one 2"],
    ["entries", [], ["one", 2]],
    ["entries", [1], [2]],
    ["entries", [0, 1], ["one"]],
    ["get_size", [], 2],
    ["write", ["new"], undefined],
    ["read", [], "new"],
  ],
  Stack: [
    ["pop", [], "IndexError"],
    ["peek", [], "IndexError"],
    ["append", [1], undefined],
    ["append", [{ b: 2 }], undefined],
    ["append", [null], undefined],
    ["get_stack", [], [1, { b: 2 }, null]],
    ["get_size", [], 3],
    ["pop", [], null],
    ["peek", [], { b: 2 }],
    ["pop", [], { b: 2 }],
    ["pop", [], 1],
    ["pop", [], "IndexError"],
  ],
  LinkedList: [
    ["pop", [], "IndexError"],
    ["pop_first", [], "IndexError"],
    ["append", ["b"], undefined],
    ["prepend", ["a"], undefined],
    ["append", [{ n: [3] }], undefined],
    ["insert", [2, "c"], undefined],
    ["insert", [4, "e"], undefined],
    ["insert", [6, "f"], "IndexError"],
    ["insert", [-1, "f"], value],
    ["get_list", [], ["a", "b", "c", { n: [3] }, "e"]],
    ["get", [0], "a"],
    ["get", [4], "e"],
    ["get", [5], "IndexError"],
    ["get", ["1"], value],
    ["index", [{ n: [3] }], 3],
    ["index", ["z"], -1],
    ["remove", [{ n: [3] }], true],
    ["remove", [{ n: [3] }], false],
    ["pop_first", [], "a"],
    ["pop", [], "e"],
    ["remove", ["b"], true],
    ["get_list", [], ["c"]],
    ["pop", [], "c"],
    ["get_size", [], 0],
  ],
  Register: [
    ["get", [], null],
    ["compareAndSet", [1, 2], false],
    ["compareAndSet", [null, { a: 1, b: [2] }], true],
    ["compareAndSet", [{ b: [2], a: 1 }, 5], true],
    ["get", [], 5],
    ["set", [new Map([[1, new Date(7)]])], undefined],
    ["compareAndSet", [new Map([[1, new Date(8)]]), 0], false],
    ["compareAndSet", [new Map([[1, new Date(7)]]), new Uint8Array([1, 2])], true],
    ["compareAndSet", [new Uint8Array([1, 3]), 0], false],
    ["compareAndSet", [new Uint8Array([1, 2]), new Set([Number.NaN])], true],
    ["compareAndSet", [[Number.NaN], 0], false],
    ["compareAndSet", [new Set([Number.NaN]), 10n], true],
    ["compareAndSet", [10, 0], false],
    ["compareAndSet", [10n, { a: undefined }], true],
    ["compareAndSet", [{}, 0], false],
    ["compareAndSet", [{ b: undefined }, 0], false],
  ],
  Membership: [
    ["add", ["n1"], undefined],
    ["add", ["n2"], undefined],
    ["add", ["n1"], undefined],
    ["add", [""], value],
    ["get_members", [], ["n1", "n2"]],
    ["contains", ["n2"], true],
    ["remove", ["n3"], "KeyError"],
    ["remove", ["n1"], undefined],
    ["contains", ["n1"], false],
    ["get_size", [], 1],
  ],
  DataStore: [
    ["get", ["k"], "KeyError"],
    ["put", ["k", { v: 1 }], undefined],
    ["put", ["", 1], value],
    ["put", ["__proto__", 1], undefined],
    ["get", ["k"], { v: 1 }],
    ["get", ["__proto__"], 1],
    ["contains", ["toString"], false],
    ["keys", [], ["k", "__proto__"]],
    ["delete", ["x"], "KeyError"],
    ["delete", ["k"], undefined],
    ["get_size", [], 1],
    ["clear", [], undefined],
    ["keys", [], []],
  ],
  BinaryTree: [
    ["get_min", [], null],
    ["get_depth", [], 0],
    ["delete", [1], false],
    ["add_node", [5], undefined],
    ["insert", [3], undefined],
    ["insert", [8], undefined],
    ["insert", [5], undefined],
    ["insert", ["text"], undefined],
    ["insert", [Number.NaN], value],
    ["insert", [null], value],
    ["find", [{}], value],
    ["list", [], [3, 5, 5, 8, "text"]],
    ["get_min", [], 3],
    ["get_max", [], "text"],
    ["get_depth", [], 3],
    ["find", [8], true],
    ["find", [9], false],
    ["delete", [5], true],
    ["list", [], [3, 5, 8, "text"]],
    ["delete", [5], true],
    ["delete", [5], false],
    ["get_size", [], 3],
  ],
  RedBlackTree: [
    ["find", [1], null],
    ["insert", [1, "one"], true],
    ["insert", [1, "uno"], false],
    ["insert", ["a", null], true],
    ["insert", [true, 0], value],
    ["find", [1], "uno"],
    ["contains", ["a"], true],
    ["contains", ["b"], false],
    ["find", [[]], value],
    ["insert", [0.5, "half"], true],
    [
      "list",
      [],
      [
        [0.5, "half"],
        [1, "uno"],
        ["a", null],
      ],
    ],
    ["list", [1, "a"], [[1, "uno"]]],
    ["list", [null, 1], [[0.5, "half"]]],
    ["list", [{}], value],
    ["get_min", [], 0.5],
    ["get_max", [], "a"],
    ["get_depth", [], 2],
    ["delete", [1], true],
    ["delete", [1], false],
    ["get_size", [], 2],
  ],
  NameserverCoord: [
    ["addnodetosubdomain", ["counter", 1, "10.0.0.1:14000"], undefined],
    ["addnodetosubdomain", ["Counter.openreplica.org.", 1, "10.0.0.2:14000"], undefined],
    ["addnodetosubdomain", ["counter.openreplica.org", "2", "10.0.0.2:53"], undefined],
    ["addnodetosubdomain", ["counter", 1.5, "x"], value],
    ["addnodetosubdomain", ["counter", 100, "x"], value],
    ["addnodetosubdomain", ["counter", 1, "a b"], value],
    ["addnodetosubdomain", ["", 1, "x"], value],
    ["addnodetosubdomain", ["a;b", 1, "x"], value],
    ["getnodes", ["counter"], { "1": ["10.0.0.1:14000", "10.0.0.2:14000"], "2": ["10.0.0.2:53"] }],
    ["getnodes", ["bank"], "KeyError"],
    ["delnodefromsubdomain", ["counter", 2, "10.0.0.2:53"], true],
    ["delnodefromsubdomain", ["counter", 2, "10.0.0.2:53"], false],
    ["delnodefromsubdomain", ["bank", 2, "10.0.0.2:53"], false],
    ["updatesubdomain", ["bank", { "1": ["h:1"], "2": [] }], undefined],
    ["updatesubdomain", ["bank", { x: ["h:1"] }], value],
    ["updatesubdomain", ["bank", ["h:1"]], value],
    ["updatesubdomain", ["bank", { "1": "h:1" }], value],
    ["getdomains", [], ["counter.openreplica.org.", "bank.openreplica.org."]],
    ["getsubdomains", [], ["counter", "bank"]],
    ["getnodes", ["bank"], { "1": ["h:1"] }],
    ["delsubdomain", ["counter"], true],
    ["delsubdomain", ["counter"], false],
    ["getstate", [], { "bank.openreplica.org.": { "1": ["h:1"] } }],
    ["reinstantiate", ["a.openreplica.org.;(1-h:1 h:2--2-h:3--);b.openreplica.org.;();"], undefined],
    [
      "getstate",
      [],
      { "a.openreplica.org.": { "1": ["h:1", "h:2"], "2": ["h:3"] }, "b.openreplica.org.": {} },
    ],
    ["reinstantiate", [{ x: { "1": ["h:9"] } }], undefined],
    ["reinstantiate", [{ x: 1 }], value],
    ["getstate", [], { "x.openreplica.org.": { "1": ["h:9"] } }],
    ["getpushed", [], { change: 0, subdomains: {} }],
    ["getrecords", ["shop.example"], "KeyError"],
    ["update", ["shop.example", 3, []], 3],
    ["__concoordinit__", ["example.net"], undefined],
    ["getpushed", [], { change: 0, subdomains: {} }],
    ["addnodetosubdomain", ["counter", 1, "h:1"], undefined],
    ["getdomains", [], ["counter.example.net."]],
  ],
};

let registry: Registry = new Map();
beforeAll(async () => {
  registry = await library(...Object.keys(tables), "KeyValue", "Pinger");
});

describe.each(Object.keys(tables))("%s", (name) => {
  const steps = tables[name] ?? [];

  test("its methods answer as they should", () => follow(registry, name, steps, false));
  test("and from a snapshot at every step", () => follow(registry, name, steps, true));

  test("the table has every method", () => {
    const called = new Set(steps.map(([method]) => method));
    expect([...(registry.get(name)?.methods ?? [])].filter((method) => !called.has(method))).toEqual([]);
  });
});

describe("Pinger", () => {
  test("remembers at which log time it heard of whom", () => {
    const rig = new Rig(registry, "Pinger");
    const client = rig.client();
    const start = rig.log.at;
    client.call("add", "a");
    rig.pass(500);
    client.call("add", "b");
    client.call("add", "a");
    expect(client.call("last_seen", "a")).toBe(start);
    expect(client.call("silent", 499)).toEqual(["a"]);
    expect(client.call("silent", 500)).toEqual([]);
    expect(client.call("ping", "a")).toBeUndefined();
    rig.restart();
    rig.pass(100);
    expect(rig.read("silent", 99)).toEqual(["a", "b"]);
    expect(rig.read("get_members")).toEqual([
      { member: "a", lastSeen: start + 500 },
      { member: "b", lastSeen: start + 500 },
    ]);
    expect(client.call("remove", "a")).toBeUndefined();
    for (const method of ["ping", "last_seen", "remove"]) expect(client.call(method, "a")).toBe("KeyError");
    expect(client.call("silent", -1)).toBe(value);
    expect(client.call("add", 5)).toBe(value);
  });
});
