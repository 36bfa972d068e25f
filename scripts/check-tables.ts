/**
 * Part of `npm run check`: the tables of the documents mirror the code. What can be derived (files, mutants, limits) is
 * written by `node scripts/check-tables.ts --fix`; what people write is checked to be complete.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mutants } from "../test/mutants/list.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const fix = process.argv.includes("--fix");
const problems: string[] = [];

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The part of a document between `<!-- name: … -->` and `<!-- end -->`. */
function section(path: string, name: string, wanted: string): void {
  const text = read(path);
  const begin = text.indexOf("-->\n", text.indexOf(`<!-- ${name}:`)) + 4;
  const end = text.indexOf("<!-- end -->", begin);
  if (!text.includes(`<!-- ${name}:`) || end < 0) {
    problems.push(`${path} has no section ${name}`);
  } else if (text.slice(begin, end) !== wanted) {
    if (fix) writeFileSync(join(root, path), text.slice(0, begin) + wanted + text.slice(end));
    else problems.push(`${path}: ${name} is out of date: node scripts/check-tables.ts --fix`);
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesIn(path) : [path];
    });
}

/** The first sentence of the comment with which a file opens. */
function saysOfItself(path: string): string {
  const comment = /^(?:#!.*\n)?(?:\/\*\*?([\s\S]*?)\*\/|((?:\/\/.*\n)+))/.exec(read(path));
  const lines = (comment?.[1] ?? comment?.[2] ?? "").replace(/^\s*(?:\*|\/\/) ?/gm, "");
  // A list may follow.
  const text = (lines.split(/:\n(?=\s)/)[0] ?? "").replace(/\s+/g, " ");
  const sentence = /^.*?[.:](?= [A-Z(`]|$)/.exec(text.trim())?.[0] ?? text.trim();
  return sentence.replace(/[.:]$/, "").replaceAll("|", "\\|");
}

function fileMap(): string {
  const folders = Map.groupBy(filesIn("src"), dirname);
  const tables = [...folders].flatMap(([folder, paths]) => {
    const files = paths.filter((path) => path.endsWith(".ts"));
    if (files.length === 0) return [];
    const others = paths.filter((path) => !path.endsWith(".ts") && !path.endsWith("tsconfig.json"));
    const rows = [
      ...files.map((path) => `| \`${basename(path)}\` | ${saysOfItself(path)} |`),
      ...others.map((path) => `| \`${basename(path)}\` | |`),
    ];
    return [`\n### ${folder}\n\n| file | is |\n|---|---|\n${rows.join("\n")}\n`];
  });
  return `${tables.join("")}\n`;
}

function limitsTable(): string {
  const source = read("src/shared/limits.ts") + read("src/shared/name-limits.ts");
  const rows: string[] = [];
  let what = "";
  for (const line of source.split("\n").slice(1)) {
    what = /^\/\*\* (.*?)\.? \*\/$/.exec(line)?.[1] ?? what;
    const limit = /^export const (\w+) = ([^;]+);/.exec(line);
    if (limit !== null) rows.push(`| \`${limit[1]}\` | ${readable(limit[2] ?? "")} | ${what} |`);
  }
  return `\n| limit | value | of what |\n|---|---|---|\n${rows.join("\n")}\n\n`;
}

function mutantsTable(): string {
  const rows = mutants.map(({ name, rule, killer }) => `| ${name} | ${rule} | ${killer} |`);
  return `\n| planted bug | breaks | dies of |\n|---|---|---|\n${rows.join("\n")}\n\n`;
}

/** `8 * 1024 * 1024` as people read it. */
function readable(expression: string): string {
  const factors = expression.split("*").map((factor) => Number(factor.replaceAll("_", "").trim()));
  const value = factors.reduce((a, b) => a * b, 1);
  if (!Number.isFinite(value)) return `\`${expression}\``;
  const mebi = 1024 * 1024;
  return value >= mebi && value % mebi === 0 ? `${value / mebi} MiB` : value.toLocaleString("en");
}

/** The tags of a union: every `type: "…"` from its declaration to the next one, and of interfaces that it names. */
function tags(path: string, ...declarations: readonly string[]): string[] {
  const source = read(path);
  return declarations.flatMap((name) => {
    const start = source.search(new RegExp(`^export (?:type|interface) ${name}\\b`, "m"));
    if (start < 0) problems.push(`${path} does not declare ${name}`);
    const end = source.indexOf("\nexport ", start + 1);
    const text = source.slice(start, end < 0 ? undefined : end);
    return [...text.matchAll(/\btype: "(\w+)"/g)].map((match) => match[1] as string);
  });
}

/** Compares the first column of the table below a heading, or of a document's first table, with the code. */
function complete(path: string, heading: string, names: readonly string[]): void {
  const text = read(path);
  const from = text.indexOf(heading);
  if (from < 0) {
    problems.push(`${path} lacks ${heading}`);
    return;
  }
  const table = /(?:^\|.*\n)+/m.exec(text.slice(from))?.[0] ?? "";
  const rows = [...table.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] as string);
  for (const name of names) if (!rows.includes(name)) problems.push(`${path}, ${heading}: lacks ${name}`);
  for (const row of rows)
    if (!names.includes(row)) problems.push(`${path}, ${heading}: ${row} is not in the code`);
}

const messages = "src/shared/wire/messages.ts";
const paxos = "src/shared/paxos/types.ts";
const objects = "src/shared/object/types.ts";
const architecture = "ARCHITECTURE.md";

section(architecture, "files", fileMap());
section(architecture, "mutants", mutantsTable());
section("docs/limits.md", "limits", limitsTable());
complete(architecture, "(`HelloMessage`)", tags(messages, "HelloMessage"));
complete(architecture, "(`PaxosMessage`)", tags(paxos, "PaxosMessage", "Heartbeat"));
complete(architecture, "(`PeerMessage`)", [
  ...tags(messages, "PeerMessage"),
  ...tags("src/shared/wire/upgrade-messages.ts", "UpgradeMessage"),
]);
complete(architecture, "(`ClientMessage`)", tags(messages, "ClientMessage"));
complete(architecture, "(`ServerMessage`)", tags(messages, "ServerMessage"));
complete(architecture, "(`Command`)", tags(objects, "Calls", "Command"));
complete(architecture, "(`Write`)", tags(paxos, "Write"));
complete("docs/storage.md", "| record |", tags(paxos, "Write"));

const list = /export const codes = \[([^\]]*)\]/.exec(read(objects))?.[1] ?? "";
const codes = [...list.matchAll(/"(\w+)"/g)].map((match) => match[1] as string);
if (codes.length === 0) problems.push(`${objects} has no list of codes`);
complete("docs/errors.md", "| code |", codes);

for (const problem of problems) process.stderr.write(`check-tables: ${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
