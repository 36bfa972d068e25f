/** The documents run: TypeScript in them compiles against the package, and their commands print what they say. */
import { execFile, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { ConcoordError } from "../src/shared/client/errors.ts";
import { codes } from "../src/shared/object/types.ts";
import { freePortRange, type Running, root, startNode } from "./process/processes.ts";

const run = promisify(execFile);
/** Examples whose README says what to type and what it prints. */
const examples = ["counter", "lock", "tencounter", "semaphore", "jobqueue", "election"];
const documents = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "examples/shop/README.md"]
  .concat(["whiteboard", "react", "worker-client"].map((name) => `examples/${name}/README.md`))
  .concat(examples.map((name) => `examples/${name}/README.md`))
  .concat(readdirSync(join(root, "docs")).map((name) => `docs/${name}`));

interface Block {
  readonly language: string;
  readonly text: string;
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => {
    return { language: match[1] as string, text: match[2] as string };
  });
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "");
}

test("every link leads to a file of the package", () => {
  const broken = documents.flatMap((path) =>
    [...withoutBlocks(read(path)).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
      .map((match) => join(dirname(path), match[1] as string))
      .filter((target) => !isFile(target))
      .map((target) => `${path}: ${target}`),
  );
  expect(broken).toEqual([]);
});

function isFile(path: string): boolean {
  return readdirSync(join(root, dirname(path))).includes(basename(path));
}

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

  test("compiles", async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const path of documents) {
      const blocks = blocksOf(read(path)).filter(({ language }) => language === "ts");
      const own = join(folder, path.replaceAll(/\W/g, "_"));
      mkdirSync(own, { recursive: true });
      writeFileSync(join(own, "counter.ts"), read("examples/counter/counter.ts"));
      // A first line such as `// my.ts` names the file, for later blocks to import it.
      for (const [i, { text }] of blocks.entries())
        writeFileSync(join(own, /^\/\/ (\w+\.ts)\n/.exec(text)?.[1] ?? `block${i}.ts`), text);
    }
    const config = {
      extends: "../../tsconfig.base.json",
      compilerOptions: {
        lib: ["es2024", "esnext.disposable"],
        types: ["node"],
        composite: false,
        declaration: false,
        sourceMap: false,
        noEmit: true,
        allowImportingTsExtensions: true,
        rewriteRelativeImportExtensions: false,
      },
      include: ["."],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const problems = await run(process.execPath, [tsc, "-p", folder], { cwd: root }).then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout,
    );
    expect(problems).toBe("");
  });
});

test("JSON in the documents is JSON", () => {
  const blocks = documents.flatMap((path) => blocksOf(read(path)));
  for (const { language, text } of blocks) if (language === "json") JSON.parse(text);
});

const hasDig = spawnSync("dig", ["-v"], { stdio: "ignore" }).error === undefined;
/** How soon the DNS must say what a document says. */
const shownMillisMax = 5_000;

/** One line of a document: what it starts and waits for, or runs to its end and compares. */
class Terminal {
  private readonly folder = mkdtempSync(join(tmpdir(), "concoord-docs-"));
  private readonly serving: Running[] = [];
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
    symlinkSync(join(root, "examples"), join(this.folder, "examples"));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs every line of a block; those that serve go on until `stop`. */
  async block(text: string): Promise<void> {
    for (const line of text.trim().split("\n")) await this.line(line);
  }

  async stop(): Promise<void> {
    await Promise.all(this.serving.map((node) => node.stop()));
    this.serving.length = 0;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async line(line: string): Promise<void> {
    const [command = "", told] = this.moved(line).split(/ +# /);
    if (command.startsWith("dig ")) return this.dig(command, told);
    const args = this.args(command);
    if (args === null) return;
    const cwd = this.folder;
    const env = { CONCOORD_PORT: `${this.port}`, CONCOORD_BOOT: `127.0.0.1:${this.port}` };
    if (["dev", "replica", "nameserver"].some((verb) => args[1] === verb)) {
      // The address that a replica joins through stands on its line.
      const node = startNode(args, { CONCOORD_PORT: env.CONCOORD_PORT }, { cwd });
      this.serving.push(node);
      await node.line(args.includes("dev") ? /Stop {5}Ctrl-C/ : /^READY/, 30_000);
      return;
    }
    const { stdout } = await run(process.execPath, args, { cwd, env: { ...process.env, ...env } });
    if (told !== undefined) expect(`${command} # ${stdout.trim()}`).toBe(`${command} # ${told}`);
  }

  /** The ports of the documents, 14000 to 14003 and 5300 to 5301, as those of this test. */
  private moved(line: string): string {
    return line
      .replaceAll(/\b1400([0-3])\b/g, (_, n: string) => String(this.port + Number(n)))
      .replaceAll(/\b530([01])\b/g, (_, n: string) => String(this.port + 4 + Number(n)));
  }

  /** Asks until the DNS says so, where dig is installed. */
  private async dig(command: string, told: string | undefined): Promise<void> {
    if (!hasDig) return;
    const ask = async () => (await run("dig", command.split(/ +/).slice(1))).stdout.trim();
    await expect
      .poll(async () => `${command} # ${await ask()}`, { timeout: shownMillisMax })
      .toBe(`${command} # ${told}`);
  }

  /** `npx concoord …` and `npx node …` with this package's own files; null for what this test does not run. */
  private args(command: string): string[] | null {
    const words = command.split(/ +/);
    const concoord = join(root, "bin/concoord.js");
    if (command === "npm ci && npm start") return [concoord, "dev"];
    if (words[0] !== "npx") return null;
    return words[1] === "node" ? words.slice(2) : [concoord, ...words.slice(2)];
  }
}

describe("commands in the documents", () => {
  async function follow(path: string, sections: readonly string[]): Promise<void> {
    const terminal = new Terminal(await freePortRange(6));
    try {
      for (const name of sections) {
        const text = read(path)
          .split(/^## /m)
          .find((part) => part.startsWith(name));
        if (text === undefined) throw new Error(`${path} has no section ${name}`);
        for (const { language, text: block } of blocksOf(text)) {
          const file = /^\/\/ (\w+\.ts)\n/.exec(block)?.[1];
          if (language === "sh") await terminal.block(block);
          else if (file !== undefined) terminal.write(file, block);
        }
      }
    } finally {
      await terminal.close();
    }
  }

  test("README: two commands, first use", () => follow("README.md", ["Two commands", "First use"]));
  test("README: your own class", () => follow("README.md", ["Your own class"]));
  test("README: three processes", () => follow("README.md", ["Three processes"]));
  test.each(["Try it", "A domain of your own", "Subdomains"])("docs/names.md: %s", (section) =>
    follow("docs/names.md", [section]),
  );
  test.each(examples)("the example %s", (name) => follow(`examples/${name}/README.md`, [""]));
});
