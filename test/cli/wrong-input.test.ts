import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, Workplace } from "./concoord.ts";

const place = new Workplace();
let taken: Server;
let takenPort = "";
let nobody = "";

beforeAll(async () => {
  place.write("counter.ts", "export class Counter { value = 0; increment() { return ++this.value; } }\n");
  place.write("other.ts", "export class Counter { value = 0; add() { return ++this.value; } }\n");
  place.write("needs.ts", "export class Needs { constructor(public_: string) { void public_; } m() {} }\n");
  place.write("broken.ts", "export class {\n");
  place.write("tokens", "client one\nnonsense\n");
  nobody = `127.0.0.1:${await freePort()}`;
  taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const address = taken.address();
  takenPort = String(typeof address === "object" ? address?.port : 0);
});
afterAll(async () => {
  taken.close();
  await place.close();
});

const counter = ["-o", "./counter.ts", "--memory"];
const table: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  ["unknown verb", ["frobnicate"], 2, /there is no verb "frobnicate"/],
  ["unknown flag", ["replica", ...counter, "--frob"], 2, /unknown option '--frob'/],
  ["missing -o", ["replica", "--memory"], 2, /-o is missing/],
  ["bad port", ["replica", ...counter, "-p", "70000"], 2, /"70000" is not a port number from 1 to 65535/],
  ["port that is no number", ["replica", ...counter, "-p", "x"], 2, /"x" is not a port number/],
  ["bad bootstrap", ["replica", ...counter, "-b", "127.0.0.1"], 2, /--boot: "127.0.0.1" is not host:port/],
  ["bad address", ["replica", ...counter, "-a", "0.0.0.0"], 2, /other nodes cannot reach 0.0.0.0/],
  [
    "an address of all networks",
    ["acceptor", "-b", "h:1", "-a", "::"],
    2,
    /other nodes cannot reach ::; say where/,
  ],
  ["bad advertise", ["replica", ...counter, "--advertise", "h"], 2, /--advertise: "h" is not host:port/],
  [
    "0.0.0.0 without a token",
    ["replica", ...counter, "-a", "0.0.0.0", "--advertise", "h:1"],
    2,
    /0.0.0.0 can be reached from outside/,
  ],
  ["a learner that founds", ["replica", ...counter, "--learner"], 2, /--learner: -b is missing/],
  ["an acceptor that founds", ["acceptor", "--memory"], 2, /-b is missing: an acceptor joins/],
  ["bad groups", ["replica", ...counter, "--groups", "a,,b"], 2, /--groups: "" is not a name/],
  ["evict-after too short", ["replica", ...counter, "--evict-after", "10"], 2, /--evict-after: "10"/],
  ["leave without a member", ["leave"], 2, /missing required argument 'ID\|ADDR'/],
  ["leave of what names nobody", ["leave", "me"], 2, /"me" is neither the id of a member.*nor its host:port/],
  ["evict of two", ["evict", "h:1", "h:2"], 2, /too many arguments: h:2/],
  ["memory and data", ["replica", ...counter, "--data", "d"], 2, /--data.*--memory|--memory.*--data/],
  ["memory and -w", ["replica", ...counter, "-w"], 2, /--writetodisk.*--memory/],
  ["public without a token", ["replica", ...counter, "-a", "192.0.2.1"], 2, /can be reached from outside/],
  [
    "address of another machine",
    ["replica", ...counter, "-a", "192.0.2.1", "--insecure"],
    1,
    /no address 192.0.2.1/,
  ],
  ["no such file", ["replica", "-o", "./nothing.ts", "--memory"], 1, /nothing.ts/],
  ["no such class", ["replica", "-o", "./counter.ts#Nope", "--memory"], 1, /no class Nope/],
  ["constructor arguments", ["replica", "-o", "./needs.ts", "--memory"], 1, /constructor of Needs needs/],
  ["two of one name", ["replica", ...counter, "-o", "./other.ts"], 1, /two classes are named Counter/],
  ["a module that does not parse", ["replica", "-o", "./broken.ts", "--memory"], 1, /broken.ts/],
  ["a bad token file", ["replica", ...counter, "--token-file", "tokens"], 1, /tokens line 2/],
  ["no token file", ["replica", ...counter, "--token-file", "none"], 1, /cannot read none/],
  ["call without a method", ["call"], 2, /missing required argument 'METHOD'/],
  ["bad JSON", ["call", "m", "--args", "{"], 2, /--args: not a JSON array/],
  ["words and --args", ["call", "m", "1", "--args", "[]"], 2, /not both/],
  ["bad time-out", ["call", "m", "--timeout", "soon"], 2, /--timeout: "soon"/],
  ["bad object", ["call", "m", "-o", "a b"], 2, /is not Class or Class\/name/],
  ["a class without -o", ["dev", "./my.ts"], 2, /too many arguments: .\/my.ts; did you mean -o .\/my.ts\?/],
  ["words that nobody takes", ["status", "extra"], 2, /too many arguments: extra$/m],
  ["-o without a class", ["replica", "-o", "-p", "15303"], 2, /-o: "-p" names no class/],
  ["-o with nothing", ["replica", "-o", ""], 2, /-o: "" names no class/],
  ["objects of a word", ["objects", "Counter"], 2, /too many arguments: Counter$/m],
  ["objects of a bad bootstrap", ["objects", "-b", "h:"], 2, /--boot: "h:" is not host:port/],
  ["--end of what is no id", ["sessions", "--end", "me"], 2, /--end: "me" is not the id of a session/],
  ["--end of nothing", ["sessions", "--end"], 2, /option '--end <ID>' argument missing/],
  ["--end and --json", ["sessions", "--end", "1.0", "--json"], 2, /--end.*--json|--json.*--end/],
  ["--end with no token file", ["sessions", "--end", "1.0", "--token-file", "none"], 1, /cannot read none/],
  ["repl of a bad object", ["repl", "-o", "a b"], 2, /is not Class or Class\/name/],
  ["repl of a word", ["repl", "Counter"], 2, /too many arguments: Counter; did you mean -o Counter\?/],
  ["repl with a bad time-out", ["repl", "--timeout", "0"], 2, /--timeout: "0"/],
  ["dev with too many", ["dev", "--replicas", "100"], 2, /--replicas: "100"/],
];

test.each(table)("%s", async (_what, argv, exit, pattern) => {
  const result = await place.run(argv);
  expect(result.stderr).toMatch(pattern);
  expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect({ exit: result.exit, stdout: result.stdout }).toEqual({ exit, stdout: "" });
});

test("a port in use is named", async () => {
  const result = await place.run(["replica", ...counter, "-p", takenPort]);
  expect(result).toEqual({
    exit: 1,
    stdout: "",
    stderr: `concoord: port ${takenPort} on 127.0.0.1 is in use\n`,
  });
});

test("a bootstrap that does not answer: 4", async () => {
  const once = [
    ["call", "increment", "-b", nobody, "--timeout", "300"],
    ["status", "-b", nobody],
    ["leave", nobody, "-b", nobody],
    ["objects", "-b", nobody],
    ["sessions", "-b", nobody],
    ["sessions", "--end", "7.0", "-b", nobody],
    ["repl", "-b", nobody, "--timeout", "300"],
    ["evict", "0123456789abcdef", "-b", nobody],
  ];
  const nodes = [
    ["replica", ...counter, "-p", String(await freePort()), "-b", nobody],
    ["acceptor", "--memory", "-p", String(await freePort()), "-b", nobody],
  ];
  const results = await Promise.all([...once, ...nodes].map((argv) => place.run(argv)));
  for (const [i, { exit, stderr }] of results.entries()) {
    const waits = i < once.length ? "" : `concoord: waits for an answer from ${nobody}\n`;
    expect(stderr).toMatch(new RegExp(`^${waits}concoord: .*${nobody}.*\n$`));
    expect(exit).toBe(4);
  }
});

test("--json says it as JSON", async () => {
  const argv = ["call", "increment", "-o", "Counter", "-b", nobody, "--timeout", "300", "--json"];
  const { exit, stdout, stderr } = await place.run(argv);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "UNREACHABLE", executed: "no" } });
  expect({ exit, stderr }).toEqual({ exit: 4, stderr: "" });
});

test("help explains itself and is no failure", async () => {
  for (const argv of [["--help"], [], ["replica", "--help"], ["CALL", "--help"]]) {
    const { exit, stdout, stderr } = await place.run(argv);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toMatch(/\$ concoord|concoord call/);
  }
});
