/**
 * The credentials for Amazon Route 53: `concoord route53id` and `route53key` keep them in `route53.cfg` of the
 * configuration folder, readable by nobody else; nameservers read them. They appear in no output, log or error.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type Readable, Writable } from "node:stream";
import type { AwsCredentials } from "../../web/route53.ts";
import { Failure, messageOf } from "./failure.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const idName = "AWS_ACCESS_KEY_ID";
const keyName = "AWS_SECRET_ACCESS_KEY";
const tokenName = "AWS_SESSION_TOKEN";

interface Secret {
  readonly verb: "route53id" | "route53key";
  readonly name: string;
  readonly what: string;
  readonly form: RegExp;
}

const secrets = {
  route53id: { verb: "route53id", name: idName, what: "access key id", form: /^\w{16,128}$/ },
  route53key: { verb: "route53key", name: keyName, what: "secret access key", form: /^[\w/+=]{16,128}$/ },
} as const satisfies Readonly<Record<string, Secret>>;

/** Where the configuration of this user is. */
export function configFolder(env: Environment): string {
  // A relative path is invalid by the XDG base directory specification, and ignored.
  const base = env["XDG_CONFIG_HOME"];
  return join(base?.startsWith("/") ? base : join(homedir(), ".config"), "concoord");
}

function keptFile(env: Environment): string {
  return join(configFolder(env), "route53.cfg");
}

/** `concoord route53id [ID]` and `concoord route53key [KEY]`. */
export async function keepSecret(verb: "route53id" | "route53key", argument: string | undefined) {
  const secret = secrets[verb];
  if (argument !== undefined)
    process.stderr.write(
      `concoord: warning: ${verb}: everybody on this machine can see an argument, and the shell keeps it; ` +
        "give it on standard input\n",
    );
  const value = (argument ?? (await readSecret(secret.what))).trim();
  // The value itself is not shown.
  if (!secret.form.test(value)) throw new Failure(1, `${verb}: that is not the ${secret.what} of AWS`);
  const file = keptFile(process.env);
  keep(file, secret.name, value);
  process.stdout.write(`KEPT ${secret.name} in ${file}\n`);
}

function keep(file: string, name: string, value: string): void {
  const values = new Map(readSettings(file, true)).set(name, value);
  const lines = [...values].map((pair) => `${pair.join("=")}\n`);
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, `[ENVIRONMENT]\n${lines.join("")}`, { mode: 0o600, flag: "wx" });
    renameSync(temporary, file);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw new Failure(1, `cannot write ${file}: ${reason(error)}`);
  }
}

/** From the terminal without echo, or else all of the standard input. */
async function readSecret(what: string): Promise<string> {
  if (process.stdin.isTTY) return promptWithoutEcho(process.stdin, process.stderr, what);
  let text = "";
  for await (const piece of process.stdin.setEncoding("utf8")) text += piece;
  return text;
}

/**
 * @param input a terminal
 * @throws Failure 130 after Ctrl-C, 1 at the end of the input
 */
export function promptWithoutEcho(input: Readable, output: Writable, what: string): Promise<string> {
  const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  output.write(`${what}: `);
  return new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    lines.once("SIGINT", () => reject(new Failure(130, "interrupted")));
    lines.once("close", () => reject(new Failure(1, `no ${what} was given`)));
  }).finally(() => {
    lines.close();
    output.write("\n");
  });
}

/**
 * The credentials of a nameserver of type 3: from the environment, else from the file of `-c`, else as they were kept.
 * @param env `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `XDG_CONFIG_HOME`
 * @param configPath the value of --configpath: lines `KEY=value`
 * @throws Failure 1 when one of the two is missing, or others can read the kept file
 */
export function readCredentials(env: Environment, configPath: string | undefined): AwsCredentials {
  if (env[idName] || env[keyName])
    return complete(new Map(Object.entries(env)), "the environment", "both or neither");
  const configured = configPath === undefined ? new Map<string, string>() : readSettings(configPath, false);
  if (configured.has(idName) || configured.has(keyName))
    return complete(configured, configPath as string, "both or neither");
  const file = keptFile(env);
  refuseReadable(file);
  return complete(readSettings(file, true), file, "concoord route53id and concoord route53key keep them");
}

function complete(
  values: ReadonlyMap<string, string | undefined>,
  where: string,
  advice: string,
): AwsCredentials {
  const [accessKeyId = "", secretAccessKey = ""] = [values.get(idName)?.trim(), values.get(keyName)?.trim()];
  const missing = accessKeyId === "" ? idName : secretAccessKey === "" ? keyName : null;
  if (missing !== null) throw new Failure(1, `Route 53: ${missing} is not in ${where}: ${advice}`);
  // A header could not carry anything else, and what refuses it might show it.
  const sessionToken = values.get(tokenName)?.trim() || null;
  for (const text of [accessKeyId, secretAccessKey, sessionToken ?? ""])
    if (/[^\x21-\x7e]/.test(text))
      throw new Failure(1, `Route 53: the credentials in ${where} hold white space or odd characters`);
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** Lines `KEY=value`; other lines, as of sections and comments, are passed over. */
function readSettings(file: string, mayLack: boolean): ReadonlyMap<string, string> {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (!mayLack || reason(error) !== "ENOENT")
      throw new Failure(1, `Route 53: cannot read ${file}: ${reason(error)}`);
  }
  const found = text.matchAll(/^[ \t]*([A-Z]\w*)[ \t]*=[ \t]*(.*?)[ \t\r]*$/gm);
  return new Map([...found].map((match) => [match[1] as string, match[2] as string]));
}

function refuseReadable(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  // Windows has no such modes: there every file seems to be readable by all.
  if (process.platform !== "win32" && (mode & 0o077) !== 0)
    throw new Failure(1, `Route 53: others can read ${file}: chmod 600 it, and make a new key`);
}

function reason(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : messageOf(error);
}
