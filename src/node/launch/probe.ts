/**
 * Looks at a host before anything runs there: which Node it has, how much disk, which ports are free. Needs nothing
 * over there but the POSIX shell.
 */
import { Failure, oneLine } from "../cli/failure.ts";
import { quoted, runScript, type Way } from "./ssh.ts";

/** What nodes need at least. */
const nodeMin = [22, 18] as const;
const diskBytesMin = 1024 ** 3;
const firstPort = 14_000;
const portsAsked = 100;
const portsMin = 10;
const probeMillisMax = 30_000;

export interface NodeProgram {
  /** Absolute, over there. */
  readonly path: string;
  /** As 24.1.0. */
  readonly version: string;
}

export interface Probe {
  readonly home: string;
  /** As `Linux x86_64`. */
  readonly system: string;
  /** The first that is new enough, else the first, else null. */
  readonly node: NodeProgram | null;
  /** Whether npm is found beside it or on PATH. */
  readonly npm: boolean;
  /** What keeps concoord from running there, a line each. */
  readonly problems: readonly string[];
  /** Whether the problems are of Node and npm alone. */
  readonly fixable: boolean;
}

const script = `
say() { printf 'concoord-probe\\t%s\\t%s\\n' "$1" "$2"; }
say home "$HOME"
say system "$(uname -sm)"
say disk "$(df -Pk "$HOME" | tail -n 1)"
for node in "$HOME/.concoord/node/bin/node" "$(command -v node)" "$HOME"/.nvm/versions/node/*/bin/node \\
  "$HOME/.local/bin/node" /usr/local/bin/node /opt/homebrew/bin/node; do
  [ -x "$node" ] || continue
  say node "$("$node" --version 2>/dev/null) $node"
  [ -x "\${node%/*}/npm" ] && say npm "$node"
done
command -v npm >/dev/null && say npm any
exit 0
`;

/** Counts free ports by taking each for a moment. Without quotation marks that the shell would see. */
const portProgram = `
const [from, count] = process.argv.slice(1).map(Number);
let free = 0;
const next = (port) => {
  if (port === from + count) return console.log("concoord-probe\\tports\\t" + free);
  const server = require("net").createServer();
  server.once("error", () => next(port + 1));
  server.listen(port, () => { free++; server.close(() => next(port + 1)); });
};
next(from);
`;

/** @throws Failure 4 when the host cannot be reached */
export async function probe(way: Way): Promise<Probe> {
  const said = await ask(way, script);
  const nodes = said.flatMap(([key, value]) => (key === "node" ? nodeOf(value) : []));
  const node = nodes.find(isNewEnough) ?? nodes[0] ?? null;
  const npm = said.some(([key, value]) => key === "npm" && (value === "any" || value === node?.path));
  const home = saidOf(said, "home");
  if (!home.startsWith("/"))
    throw new Failure(1, `${way.host.name}: Could not check Node version: no shell answered`);
  const wrongs = [...nodeProblems(node, npm)];
  const others = diskProblems(saidOf(said, "disk"));
  if (wrongs.length === 0 && node !== null) others.push(...(await portProblems(way, node)));
  const problems = [...wrongs, ...others];
  const fixable = wrongs.length > 0 && others.length === 0;
  return { home, system: saidOf(said, "system"), node, npm, problems, fixable };
}

type Said = readonly (readonly [string, string])[];

async function ask(way: Way, text: string): Promise<Said> {
  const { stdout } = await runScript(way, text, probeMillisMax);
  // What login scripts print is passed over.
  return [...stdout.matchAll(/^concoord-probe\t(\w+)\t(.*)$/gm)].map(([, key = "", value = ""]) => [
    key,
    value,
  ]);
}

function saidOf(said: Said, key: string): string {
  return said.find(([k]) => k === key)?.[1] ?? "";
}

function nodeOf(text: string): readonly NodeProgram[] {
  const match = /^v(\d+\.\d+\.\d+)\S* (\/.*)$/.exec(text);
  return match === null ? [] : [{ version: match[1] as string, path: match[2] as string }];
}

/** @example isNewEnough({ version: "22.18.0", path: "/usr/bin/node" }) // true */
export function isNewEnough({ version }: NodeProgram): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1]);
}

function nodeProblems(node: NodeProgram | null, npm: boolean): readonly string[] {
  const wanted = nodeMin.join(".");
  if (node === null) return [`Could not check Node version: there is no node; ${wanted} or newer is needed`];
  if (!isNewEnough(node))
    return [`Node ${node.version} (${node.path}) is too old: ${wanted} or newer is needed`];
  return npm ? [] : ["there is no npm, which setup needs"];
}

/** @param line the one of df: device, blocks of 1024 bytes, used, free, per cent, where */
function diskProblems(line: string): string[] {
  const free = Number(/\s\d+\s+\d+\s+(\d+)\s+\d+%/.exec(line)?.[1] ?? Number.NaN) * 1024;
  if (Number.isNaN(free)) return [`Could not check disk: ${oneLine(line)}`];
  if (free >= diskBytesMin) return [];
  return [`${Math.floor(free / 1024 ** 2)} MiB of disk are free in the home folder: 1024 are needed`];
}

async function portProblems(way: Way, { path }: NodeProgram): Promise<readonly string[]> {
  const text = `exec ${quoted(path)} -e ${quoted(portProgram)} ${firstPort} ${portsAsked} </dev/null\n`;
  const free = Number(saidOf(await ask(way, text), "ports") || Number.NaN);
  if (Number.isNaN(free)) return ["Could not check ports"];
  const last = firstPort + portsAsked - 1;
  return free >= portsMin
    ? []
    : [`only ${free} ports from ${firstPort} to ${last} are free: ${portsMin} are needed`];
}
