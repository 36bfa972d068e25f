/**
 * What a command line of `concoord replica`, `acceptor` or `nameserver` becomes on another machine: its flags as words,
 * and the files that they name, the classes with the modules that they import, to go along.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import type { Command } from "commander";
import { bootstrap, hostPort, port } from "../cli/arguments.ts";
import { Failure, messageOf, usage } from "../cli/failure.ts";
import { locate } from "../load/locate.ts";
import { readSources } from "../load/source-graph.ts";
import type { SentFile, StartJob, Word } from "./jobs.ts";

/** Bytes of all the files that go along with a node. */
const sentBytesMax = 8 * 1024 * 1024;

/** Flags that name a file of this machine. */
const fileFlags = new Set(["tokenFile", "configpath", "tlsCert", "tlsKey", "tlsCa"]);
/** Flags that the tool itself acts on. */
const ownFlags = new Set(["host", "addr", "advertise", "port", "boot", "objectname"]);

export type Shipment = Omit<StartJob, "type" | "role">;

/**
 * @param command parsed; flags of the environment count, defaults do not
 * @param cwd absolute; relative paths count from here
 * @param token the client's, as CONCOORD_TOKEN gives it; it goes along as a file
 * @param without flags that are not the node's, by their attribute names
 * @throws Failure 2 for what cannot be meant, 1 for a file that cannot be read; LoadError for a class without a file
 */
export function shipmentOf(
  command: Command,
  cwd: string,
  token: string | undefined,
  without: readonly string[] = [],
): Shipment {
  const words: Word[] = [];
  const files: SentFile[] = [];
  const given = (name: string): unknown =>
    command.getOptionValueSource(name) === "default" ? undefined : command.getOptionValue(name);
  for (const option of command.options) {
    const name = option.attributeName();
    const value = given(name);
    const flag = option.long ?? "";
    if (value === undefined || value === false || ownFlags.has(name) || without.includes(name)) continue;
    if (name === "interactive")
      throw usage("-i needs a terminal of its own: run concoord replica on the host");
    if (name === "auth") words.push(flag, addModule(files, resolve(cwd, String(value)), flag));
    else if (fileFlags.has(name))
      words.push(flag, add(files, `${name}.txt`, readBytes(resolve(cwd, String(value)), flag)));
    else if (value === true) words.push(flag);
    else for (const one of Array.isArray(value) ? value : [value]) words.push(`${flag}=${String(one)}`);
  }
  // In the environment over there others of the same user would see it.
  if (token !== undefined && given("tokenFile") === undefined)
    words.push("--token-file", add(files, "tokenFile.txt", Buffer.from(`client ${token}\n`)));
  const objects = without.includes("objectname") ? [] : listOf(given("objectname"));
  for (const spec of objects) words.push(...objectWords(spec, cwd, files));
  refuseLarge(files);
  return { ...places(given), words, files };
}

/** The same of classes alone. @param folder below which their files lie over there */
export function classesToSend(
  specs: readonly string[],
  cwd: string,
  folder: string,
): Pick<Shipment, "words" | "files"> {
  const files: SentFile[] = [];
  const words = specs.flatMap((spec) => objectWords(spec, cwd, files, `${folder}/`));
  refuseLarge(files);
  return { words, files };
}

function refuseLarge(files: readonly SentFile[]): void {
  if (files.reduce((sum, { base64 }) => sum + base64.length, 0) > (sentBytesMax * 4) / 3)
    throw new Failure(1, `the files to send have more than ${sentBytesMax} bytes`);
}

function places(given: (name: string) => unknown): Pick<Shipment, "addr" | "advertise" | "port" | "boot"> {
  const text = (name: string) => given(name) as string | undefined;
  const [boot, advertise, number] = [text("boot"), text("advertise"), text("port")];
  return {
    addr: text("addr") ?? null,
    advertise: advertise === undefined ? null : hostPort(advertise, "--advertise"),
    port: number === undefined ? null : port(number),
    boot: boot === undefined ? [] : bootstrap(boot),
  };
}

function listOf(value: unknown): readonly string[] {
  return typeof value === "string" ? value.split(",") : Array.isArray(value) ? value.map(String) : [];
}

/** A class of the library is over there already; of any other the module goes along, with what it imports. */
function objectWords(spec: string, cwd: string, files: SentFile[], within = ""): readonly Word[] {
  if (spec === "" || spec.startsWith("-")) throw usage(`-o: "${spec}" names no class: write -o ./counter.ts`);
  if (spec.startsWith("concoord.object.")) return [`--objectname=${spec}`];
  const { file, className } = locate(spec, cwd);
  return [
    "--objectname",
    { ...addModule(files, file, "-o", within), after: className === null ? "" : `#${className}` },
  ];
}

/** A module and what it imports, in a folder of their own. @returns where the module is */
function addModule(files: SentFile[], file: string, flag: string, within = ""): Exclude<Word, string> {
  if (!existsSync(file)) throw new Failure(1, `${flag}: ${file}: no such file`);
  const sources = readSources(file);
  const root = sources.map(({ path }) => dirname(path)).reduce(commonFolder);
  const folder = `${within}code${files.length}`;
  const placed = sources.map(({ path, text }) => {
    const name = relative(root, path).split(sep).join("/");
    return add(files, `${folder}/${name}`, Buffer.from(text));
  });
  const main = placed[0];
  if (main === undefined) throw new Failure(1, `${flag}: ${file} cannot be read`);
  return main;
}

function commonFolder(a: string, b: string): string {
  let folder = a;
  while (folder !== b && !b.startsWith(folder.endsWith(sep) ? folder : folder + sep))
    folder = dirname(folder);
  return folder;
}

function add(files: SentFile[], path: string, bytes: Buffer): Exclude<Word, string> {
  files.push({ path, base64: bytes.toString("base64") });
  return { file: path, after: "" };
}

function readBytes(file: string, flag: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Failure(1, `${flag}: cannot read ${file}: ${messageOf(error)}`);
  }
}
