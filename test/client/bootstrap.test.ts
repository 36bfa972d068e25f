/** Lists of nodes, as people write them. */
import { describe, expect, it } from "vitest";
import { parseBootstrap } from "../../src/shared/client/bootstrap.ts";

describe("parseBootstrap", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ["127.0.0.1:14000", ["127.0.0.1:14000"], []],
    ["127.0.0.1:14000,127.0.0.1:14001", ["127.0.0.1:14000", "127.0.0.1:14001"], []],
    [" a:1 , b:2 ,", ["a:1", "b:2"], []],
    ["a:1,a:1", ["a:1"], []],
    ["[::1]:14000", ["[::1]:14000"], []],
    ["localhost:14000", ["localhost:14000"], []],
    ["ws://127.0.0.1:14000/concoord", ["ws://127.0.0.1:14000/concoord"], []],
    ["wss://example.org", ["wss://example.org"], []],
    ["counter.example", [], ["counter.example"]],
    ["Counter.Example.,n1:14000", ["n1:14000"], ["counter.example."]],
    ["localhost", [], ["localhost"]],
  ])("%j", (text, addresses, domains) => {
    expect(parseBootstrap(text)).toEqual({ addresses, domains });
  });

  it.each([
    "",
    " , ",
    "14000",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:0",
    "127.0.0.1:65536",
    "127.0.0.1:x",
    "::1:14000",
    "[::1]",
    "[zz]:1",
    "http://a:1",
    "ws://",
    "a b:1",
    "a/b:1",
    `${"x".repeat(600)}:1`,
  ])("refuses %j", (text) => {
    let error: unknown;
    try {
      parseBootstrap(text);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: "UNREACHABLE" });
    expect((error as Error).message).not.toContain("\n");
  });
});
