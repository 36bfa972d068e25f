/** The documents run: TypeScript in them compiles against the package, and their commands print what they say. */
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { ConcoordError } from "../src/shared/client/errors.ts";
import { codes } from "../src/shared/object/types.ts";
import { concoordIn, misunderstood } from "./docs/command-lines.ts";
import {
  blocksOf,
  commandsOf,
  documents,
  examples,
  fileOf,
  read,
  section,
  stepsOf,
} from "./docs/documents.ts";
import { portsMax, Terminal } from "./docs/terminal.ts";
import { freePortRange, root } from "./process/processes.ts";

const run = promisify(execFile);

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "");
}

test("every link leads to a file of the package, and to a heading in it", () => {
  const broken = documents.flatMap((path) =>
    [...withoutBlocks(read(path)).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
      .filter(([, file = "", heading]) => {
        const target = file === "" ? path : join(dirname(path), file);
        return !isFile(target) || (heading !== undefined && !anchorsIn(target).includes(heading));
      })
      .map(([link]) => `${path}: ${link}`),
  );
  expect(broken).toEqual([]);
});

function isFile(path: string): boolean {
  return readdirSync(join(root, dirname(path))).includes(basename(path));
}

/** What links may name within a document: its headings, as pages of GitHub do, and what has an id. */
function anchorsIn(path: string): string[] {
  const text = withoutBlocks(read(path));
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id)];
}

test("every source that a text names is given", () => {
  const broken = documents.flatMap((path) => {
    const text = withoutBlocks(read(path));
    const given = new Set([...text.matchAll(/^\[(\w+)\]: https?:/gm)].map(([, name]) => name));
    const named = [...text.matchAll(/\]\[(\w+)\]/g)].map(([, name]) => name);
    return [
      ...named.filter((name) => !given.has(name)),
      ...[...given].filter((name) => !named.includes(name)),
    ].map((name) => `${path}: ${name}`);
  });
  expect(broken).toEqual([]);
});

test("the README begins with the two commands", () => {
  const commands = blocksOf(read("README.md")).map(({ text }) => text.trim());
  expect(commands.slice(0, 2)).toEqual(["npm ci && npm start", "npm ci && npm test"]);
});

test("docs/errors.md says of each code whether it may be retried", () => {
  const rows = [...read("docs/errors.md").matchAll(/^\| `(\w+)` \|.*\| (yes|no) \|[^|]*\|$/gm)];
  const told = rows.map((row) => [row[1], row[2] === "yes"]);
  expect(told).toEqual(codes.map((code) => [code, new ConcoordError(code, "", "no").retryable]));
});

describe("TypeScript in the documents", () => {
  // Within the package, so that "concoord" means the package itself.
  const folder = join(root, "dist/documents");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function config(name: string, lib: readonly string[], files: object): void {
    const compilerOptions = {
      lib: ["es2024", "esnext.disposable", ...lib],
      types: lib.length === 0 ? ["node"] : [],
      composite: false,
      declaration: false,
      sourceMap: false,
      noEmit: true,
      allowImportingTsExtensions: true,
      rewriteRelativeImportExtensions: false,
    };
    const json = JSON.stringify({ extends: "../../tsconfig.base.json", compilerOptions, ...files });
    writeFileSync(join(folder, name), json);
  }

  async function problemsOf(name: string): Promise<string> {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    return run(process.execPath, [tsc, "-p", join(folder, name)], { cwd: root }).then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout,
    );
  }

  test("compiles", async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const path of documents) {
      const blocks = blocksOf(read(path)).filter(({ language }) => language === "ts");
      const own = join(folder, path.replaceAll(/\W/g, "_"));
      mkdirSync(own, { recursive: true });
      writeFileSync(join(own, "counter.ts"), read("examples/counter/counter.ts"));
      // A first line such as `// my.ts` names the file, for later blocks to import it.
      for (const [i, block] of blocks.entries())
        writeFileSync(join(own, fileOf(block) ?? `block${i}.ts`), block.text);
    }
    config("tsconfig.json", [], { include: ["."], exclude: ["*/page.ts"] });
    config("pages.json", ["dom", "dom.iterable"], { include: ["*/page.ts"] });
    expect(await problemsOf("tsconfig.json")).toBe("");
    expect(await problemsOf("pages.json")).toBe("");
  });
});

test("JSON in the documents is JSON", () => {
  const blocks = documents.flatMap((path) => blocksOf(read(path)));
  for (const { language, text } of blocks) if (language === "json") JSON.parse(text);
});

test("every block says what it is, and shells understand all that is typed", () => {
  const languages = ["", "console", "dockerfile", "ini", "js", "json", "sh", "text", "toml", "ts", "yaml"];
  const strange = documents.flatMap((path) =>
    blocksOf(read(path)).flatMap((block) => {
      if (!languages.includes(block.language)) return [`${path}: ${block.language}`];
      const script = commandsOf(block).filter((line) => !/^[\d*/ ]{9}/.test(line));
      const { status, stderr } = spawnSync("sh", ["-n"], { input: script.join("\n"), encoding: "utf8" });
      return status === 0 ? [] : [`${path}: ${stderr}`];
    }),
  );
  expect(strange).toEqual([]);
});

test("every command of concoord in the documents is one", async () => {
  const typed = documents.flatMap((path) =>
    blocksOf(read(path))
      .filter(({ language }) => language === "sh" || language === "console")
      .flatMap((block) => commandsOf(block).flatMap((line) => concoordIn(line)))
      .map((words) => ({ path, words })),
  );
  const wrong: string[] = [];
  for (const { path, words } of typed) {
    const why = await misunderstood(words);
    if (why !== null) wrong.push(`${path}: ${words.join(" ")}: ${why}`);
  }
  expect(wrong).toEqual([]);
  expect(typed.length).toBeGreaterThan(50);
});

/** A document, and one section of it or all. */
const followed = [
  ["README.md", "Two commands", "First use"],
  ["README.md", "Your own class"],
  ["README.md", "Three processes"],
  ["docs/start.md", ""],
  ["docs/operations.md", ""],
  ["docs/locks.md", "Fencing tokens"],
  ["docs/protocol.md", "The wire"],
  ["docs/names.md", "Try it"],
  ["docs/names.md", "A domain of your own"],
  ["docs/names.md", "Subdomains"],
  ...examples.map((name) => [`examples/${name}/README.md`, ""]),
] satisfies readonly string[][];

test.each(followed)(
  "what one types by %s prints what it says: %s",
  { timeout: 240_000 },
  async (...names) => {
    const [path = "", ...sections] = names;
    const terminal = new Terminal(await freePortRange(portsMax));
    try {
      for (const name of sections) await terminal.follow(stepsOf(section(path, name)));
    } finally {
      await terminal.close();
    }
  },
);
