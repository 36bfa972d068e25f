/** Lines of the shell: what they mean, and what Tab makes of them. */
import { expect, test } from "vitest";
import { Failure } from "../../src/node/cli/failure.ts";
import { completions, parseLine } from "../../src/node/cli/repl-line.ts";

function call(object: string, method: string, ...args: readonly unknown[]) {
  return { type: "call", object, method, args };
}

test.each([
  ["increment", call("Bank/main", "increment")],
  ['  deposit "ann" 20  ', call("Bank/main", "deposit", "ann", 20)],
  ["deposit ann -0.5", call("Bank/main", "deposit", "ann", -0.5)],
  ["Counter.getvalue", call("Counter/main", "getvalue")],
  ["Counter/a.b/c.getvalue", call("Counter/a.b/c", "getvalue")],
  [
    'put {"a": [1, "x } y"], "b": null} [ ] it\'s',
    call("Bank/main", "put", { a: [1, "x } y"], b: null }, [], "it's"),
  ],
  ['put "say \\"hi there\\"" ""', call("Bank/main", "put", 'say "hi there"', "")],
  ["put 1.2.3 a]b nul null", call("Bank/main", "put", "1.2.3", "a]b", "nul", null)],
  ["put [1]]  x", call("Bank/main", "put", "[1]]", "x")],
  ["", { type: "nothing" }],
  [" \t ", { type: "nothing" }],
  [".exit", { type: "own", command: ".exit" }],
  [" .objects ", { type: "own", command: ".objects" }],
])("%s", (line, meant) => {
  expect(parseLine(line, "Bank/main")).toEqual(meant);
});

test.each([
  [".exits", /^there is no \.exits; \.help/],
  [".status now", /^\.status takes no arguments: now$/],
  ["put [1, 2", /^this is not closed: \[1, 2$/],
  ['put "ann', /^this is not closed: "ann$/],
  ["/x.put", /^"\/x" is not Class or Class\/name/],
  ["Counter.", /^"Counter\." names no method/],
])("refuses %s", (line, said) => {
  expect(() => parseLine(line, "Bank/main")).toThrow(Failure);
  expect(() => parseLine(line, "Bank/main")).toThrow(said);
});

test("without an object of its own every call names one", () => {
  expect(() => parseLine("increment", null)).toThrow("write Class.increment or Class/name.increment");
  expect(parseLine("Counter.increment", null)).toEqual(call("Counter/main", "increment"));
});

test("Tab offers methods, classes and the shell's own commands", () => {
  const classes = [
    { name: "Bank", methods: ["balance", "deposit"] },
    { name: "Counter", methods: ["getvalue", "increment"] },
  ];
  const offered = (line: string, object: string | null = "Bank/main") =>
    completions(line, object, classes)[0];
  expect(offered("de")).toEqual(["deposit"]);
  expect(offered("B")).toEqual(["Bank."]);
  expect(offered("", null)).toEqual([".exit", ".help", ".objects", ".status", "Bank.", "Counter."]);
  expect(offered(".s")).toEqual([".status"]);
  expect(offered("Counter/x.i")).toEqual(["Counter/x.increment"]);
  expect(offered("Nope.")).toEqual([]);
  expect(offered("deposit b")).toEqual([]);
  expect(completions("de", "Bank/main", classes)[1]).toBe("de");
});
