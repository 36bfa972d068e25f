/** Style as tests: sizes, the direction of imports, what is banned where. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Source {
  /** Relative to the package, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Without comments and texts: what the compiler would act on. */
  readonly code: string;
}

function sourcesIn(folder: string): Source[] {
  const found: Source[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...sourcesIn(path));
    else if (path.endsWith(".ts")) {
      const text = readFileSync(join(root, path), "utf8");
      found.push({ path, text, lines: text.split("\n"), code: codeOf(text) });
    }
  }
  return found;
}

function codeOf(text: string): string {
  const token = /\/\*[\s\S]*?\*\/|(?<![:\\])\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
  return text.replace(token, (found) => {
    if (found.startsWith("`")) return withoutText(found);
    return found.startsWith('"') ? '""' : found.replace(/[^\n]+/g, "");
  });
}

/** What a template computes; what it says goes, but for its lines. */
function withoutText(template: string): string {
  const parts = [...template.matchAll(/\$\{[^{}]*\}|\n/g)].map((match) => match[0]);
  return `\`${parts.join("")}\``;
}

const src = sourcesIn("src");
const tests = sourcesIn("test");
const tools = [...sourcesIn("bench"), ...sourcesIn("scripts")];
const all = [...src, ...tests, ...tools, ...sourcesIn("examples")];

/** Every line of `sources` whose code matches, as "path:line: text". */
function matches(sources: readonly Source[], pattern: RegExp, what: (s: Source) => string = (s) => s.code) {
  return sources.flatMap((source) =>
    what(source)
      .split("\n")
      .flatMap((line, i) =>
        pattern.test(line) ? [`${source.path}:${i + 1}: ${source.lines[i]?.trim()}`] : [],
      ),
  );
}

const whole = (source: Source) => source.text;

/** The files that bundlers for browsers and Workers take instead of others. */
const replacements = Object.values(
  (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { browser?: Record<string, string> })
    .browser ?? {},
);

describe("sizes", () => {
  test("a file has at most 300 lines", () => {
    const long = all.filter(({ lines }) => lines.length - 1 > 300);
    expect(long.map(({ path, lines }) => `${path}: ${lines.length - 1}`)).toEqual([]);
  });

  test("a line has at most 110 characters, of a comment 120", () => {
    // Texts do not count: the formatter cannot break them.
    expect(matches(all, /^.{111}/)).toEqual([]);
    expect(matches(all, /^\s*(?:\*|\/[/*]).{119}/, whole)).toEqual([]);
  });

  test("a function has at most 50 lines", () => {
    expect(all.filter(({ path }) => !path.endsWith(".test-d.ts")).flatMap(longFunctions)).toEqual([]);
  });
});

/** The formatter closes a block at the indentation at which it was opened: no parser is needed. */
function longFunctions({ path, lines }: Source): string[] {
  const opens = /^\s*(?!\s|(?:describe|if|for|while|switch|class|export class|interface)\b)(?=.*\)).*\{$/;
  return lines.flatMap((line, from) => {
    if (!opens.test(line)) return [];
    const indent = line.length - line.trimStart().length;
    const end = lines.findIndex((l, i) => i > from && l.startsWith(`${" ".repeat(indent)}}`));
    const length = end - from + 1;
    if (lines.slice(from + 1, end).some((l) => /^\s*(?:test|it)[.(]/.test(l))) return []; // a suite
    return length > 50 ? [`${path}:${from + 1}: ${length} lines`] : [];
  });
}

/** What a file imports, with relative paths resolved. */
function importsOf({ path, text }: Source): string[] {
  const found = text.matchAll(/^(?:import|export)\b[^;"]*? from "([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return [...found].map((match) => {
    const name = (match[1] ?? match[2]) as string;
    return name.startsWith(".") ? normalize(join(dirname(path), name)).replaceAll("\\", "/") : name;
  });
}

/** What a layer may import beside itself. */
const below: Readonly<Record<string, readonly string[]>> = {
  "src/shared/paxos": [],
  "src/shared/object": ["src/shared/paxos"],
  "src/shared/wire": ["src/shared/paxos", "src/shared/object", "cbor-x"],
  "src/shared/server": ["src/shared/paxos", "src/shared/object", "src/shared/wire"],
  "src/shared/client": ["src/shared/paxos", "src/shared/object", "src/shared/wire"],
  "src/shared/live": ["src/shared/paxos", "src/shared/object", "src/shared/wire", "src/shared/client"],
  "src/shared/sim": ["src/shared"],
  "src/shared/dns": [],
  "src/web": ["src/shared"],
  "src/node": ["src/shared", "src/web"],
  "src/browser": ["src/shared", "src/web"],
  "src/worker-ns": ["src/shared", "src/web"],
};
/** Without a layer: every layer above it may use it. */
const common = ["src/shared/limits.ts", "src/shared/name-limits.ts", "src/shared/clock.ts"];

describe("imports", () => {
  const layers = Object.entries(below).map(([layer, others]) => {
    const files = src.filter(({ path }) => path.startsWith(`${layer}/`));
    return { layer, others, files };
  });

  test("every file belongs to a layer", () => {
    const known = [...layers.flatMap(({ files }) => files.map(({ path }) => path)), ...common];
    expect(src.map(({ path }) => path).filter((path) => !known.includes(path))).toEqual([]);
  });

  test.each(layers)("$layer imports only what is below it", ({ layer, others, files }) => {
    const bad = files.flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith("src/") || layer.startsWith("src/shared"))
        .filter((name) => !common.includes(name) && !name.startsWith(`${layer}/`))
        .filter((name) => !others.some((other) => name === other || name.startsWith(`${other}/`)))
        .map((name) => `${file.path} imports ${name}`),
    );
    expect(bad).toEqual([]);
  });

  test("only the codec touches the CBOR library", () => {
    const users = src.filter((file) => importsOf(file).some((name) => name.startsWith("cbor-x")));
    expect(users.map(({ path }) => path)).toEqual(["src/shared/wire/codec.ts"]);
  });

  test("every file of src is used by more than tests, or is an entry", () => {
    const entries = [
      "src/node/main.ts",
      "src/node/index.ts",
      "src/node/launch/main.ts",
      "src/node/launch/agent-main.ts",
      "src/node/launch/supervisor-main.ts",
      "src/node/node.ts",
      "src/node/cli/program-bundle-client.ts",
      "src/node/http/past-worker.ts",
      "src/node/snapshot/child.ts",
      "src/shared/dns/index.ts",
      "src/node/testing.ts",
      "src/shared/object/index.ts",
      "src/browser/index.ts",
      "src/worker-ns/worker.ts",
      ...replacements.map((path) => path.replace("./dist/", "src/").replace(/\.js$/, ".ts")),
      "src/worker-ns/index.ts",
    ];
    // Only tests run the simulation, so that its use counts as little as theirs. The library is loaded by name.
    const product = src.filter(({ path }) => !path.startsWith("src/shared/sim/"));
    const used = new Set([...[...product, ...tools].flatMap(importsOf), ...entries, "src/browser/page.ts"]);
    const unused = product.map(({ path }) => path).filter((path) => !used.has(path));
    expect(unused.filter((path) => !path.startsWith("src/shared/object/library/"))).toEqual([]);
  });
});

describe("bans", () => {
  const shared = src.filter(({ path }) => path.startsWith("src/shared/"));
  const pure = shared.filter(({ path }) => /^src\/shared\/(?:paxos|object)\//.test(path));
  /** Exchanges clock and dice; speaks of dates as values; runs in the log, where clock and dice are agreed. */
  const dates = [
    "object/builtins.ts",
    "object/membrane-kinds.ts",
    "object/outcomes.ts",
    "object/parts.ts",
    "object/table-kinds.ts",
  ];
  const exempt = ["object/ambient.ts", ...dates, "sim/workload.ts"].map((f) => `src/shared/${f}`);
  const bound = (files: readonly Source[]) => files.filter(({ path }) => !exempt.includes(path));

  test("no clock, dice, timer, promise or I/O in the core and the state machine", () => {
    const names = ["Date", "Math\\.random", "performance", "crypto", "process", "Buffer", "console"];
    const timers = ["setTimeout", "setImmediate", "queueMicrotask", "Promise", "async", "await"];
    const banned = new RegExp(`(?<![.\\w])(?:${[...names, ...timers].join("|")})\\b(?![:?])`);
    expect(matches(bound(pure), banned)).toEqual([]);
  });

  test("no real clock and no real dice anywhere in shared", () => {
    const real = /\b(?:Date\.now|Math\.random|performance\.now)\(|\bnew Date\(\)/;
    expect(matches(bound(shared), real)).toEqual([]);
  });

  test("no code from text", () => {
    expect(matches(src, /\beval\(|\bnew Function\b/)).toEqual([]);
  });

  test("no any, no silenced compiler, no swallowed error, nothing left for later", () => {
    expect(matches(all, /[:<(,] ?any\b(?! \w)|\bas any\b/)).toEqual([]);
    expect(matches(all, /@ts-(?:ignore|nocheck)|\b(?:TO[D]O|FIX[M]E|X[X]X)\b/, whole)).toEqual([]);
    expect(matches(all, /@ts-expect-error\s*$/, whole)).toEqual([]);
    expect(matches(all, /catch(?: \(\w+\))? \{\s*\}|\.catch\(\(\) => (?:\{\}|undefined|null)\)/)).toEqual([]);
  });

  test("no sleeping in tests", () => {
    const sleep = /setTimeout\((?:resolve|done|r)\b|\bsleep\(\d|=> setTimeout\(\w+, /;
    expect(matches(tests, sleep)).toEqual([]);
    const others = tests.filter(({ path }) => path !== "test/tidy.test.ts");
    expect(matches(others, /timers\/promises|(?<!world\.)\bpause\(/, whole)).toEqual([]);
  });

  test("no path of a machine, no host of a registry", () => {
    const files = [...all, ...["package.json", "package-lock.json", ".npmrc", "README.md"].flatMap(textFile)];
    const path = new RegExp(`["'\`(=\\s]/(?:home|root|work|Users|tmp)/[\\w.-]|registry\\.${"npmjs"}`);
    expect(matches(files, path, whole)).toEqual([]);
    expect(matches(textFile("package-lock.json"), /"resolved"/, whole)).toEqual([]);
  });
});

function textFile(path: string): Source[] {
  const text = readFileSync(join(root, path), "utf8");
  return [{ path, text, lines: text.split("\n"), code: text }];
}

describe("words", () => {
  test("every file of src opens with a comment that says what it is", () => {
    const silent = src.filter(({ text }) => !/^(?:#!.*\n)?(?:\/\*\*|\/\/)/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test("every limit has a name that says so, and is used", () => {
    const limits = src.filter(({ path }) => /^src\/shared\/(?:name-)?limits\.ts$/.test(path));
    const declared = limits.flatMap(({ code }) => [...code.matchAll(/^export const (\w+)/gm)]);
    const names = declared.map((match) => match[1] as string);
    expect(names.filter((name) => !/(?:Max|Min)$/.test(name))).toEqual([]);
    const others = src.filter((file) => !limits.includes(file));
    expect(
      names.filter((name) => !others.some(({ code }) => new RegExp(`\\b${name}\\b`).test(code))),
    ).toEqual([]);
  });
});
