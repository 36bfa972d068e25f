import { expect, test } from "vitest";
import { isLoopback, joinHostPort } from "../../src/node/address.ts";
import * as arg from "../../src/node/cli/arguments.ts";
import { jsonLine } from "../../src/node/json.ts";

test("what parses as JSON is JSON, anything else a string", () => {
  expect(["1", '"a"', "ann", "[1,2]", "null", "-5", "{x}"].map(arg.callArgument)).toEqual([
    1,
    "a",
    "ann",
    [1, 2],
    null,
    -5,
    "{x}",
  ]);
  expect(arg.callArguments(' [1,"a"] ')).toEqual([1, "a"]);
  for (const text of ["{}", "1", "[1"])
    expect(() => arg.callArguments(text)).toThrow("--args: not a JSON array");
});

test("addresses", () => {
  expect(arg.bootstrap("127.0.0.1:1, [::1]:2,ws://h:3/concoord")).toEqual([
    "127.0.0.1:1",
    "[::1]:2",
    "ws://h:3/concoord",
  ]);
  expect(arg.bootstrap("h, counter.example,127.0.0.1:1")).toEqual(["h", "counter.example", "127.0.0.1:1"]);
  for (const text of ["", "h:", "h:0", "h:65536", "h:1,", "http://h:1", ":1"])
    expect(() => arg.bootstrap(text), text).toThrow(/--boot/);
  expect(arg.host("::1")).toBe("::1");
  for (const text of ["0.0.0.0", "h:1", "a b", ""]) expect(() => arg.host(text), text).toThrow(/--addr/);
  expect(["127.0.0.1", "127.1.2.3", "localhost", "::1", "10.0.0.1", "128.0.0.1"].map(isLoopback)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect([joinHostPort("127.0.0.1", 1), joinHostPort("::1", 2)]).toEqual(["127.0.0.1:1", "[::1]:2"]);
});

test("numbers", () => {
  expect(arg.port("14000")).toBe(14_000);
  for (const text of ["0", "65536", "-1", "1.5", "1e3", "x", ""])
    expect(() => arg.port(text), text).toThrow(/port/);
  expect(() => arg.integer("0", "--timeout", 1, 10)).toThrow("--timeout");
});

test("objects", () => {
  expect(arg.objectName("Counter")).toBe("Counter/main");
  expect(arg.objectName("Counter/a b")).toBe("Counter/a b");
  for (const text of ["", "/x", "Counter/", "1x"])
    expect(() => arg.objectName(text), text).toThrow(/--objectname/);
});

test("values print as one line of JSON", () => {
  expect(jsonLine(undefined)).toBe("");
  expect(jsonLine(null)).toBe("null");
  expect(jsonLine(2n ** 70n)).toBe('"1180591620717411303424"');
  expect(jsonLine(new Date(0))).toBe('"1970-01-01T00:00:00.000Z"');
  expect(jsonLine({ m: new Map([[1, new Set(["a"])]]), b: Uint8Array.of(1, 2, 3) })).toBe(
    '{"m":[[1,["a"]]],"b":"AQID"}',
  );
  expect(jsonLine([Number.NaN, "a\nb"])).toBe('[null,"a\\nb"]');
});
