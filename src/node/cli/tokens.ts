/**
 * The secrets that let clients, readers and nodes in: a file of lines `client T`, `reader T` and `peer K`. Files and
 * the environment hold them, never arguments, which others on the machine can see.
 */
import { readFileSync } from "node:fs";
import { Failure } from "./failure.ts";

export interface GivenTokens {
  readonly client: string | null;
  readonly reader: string | null;
  readonly peer: string | null;
}

/**
 * @param file the value of --token-file, or undefined
 * @param fallback the client's token from CONCOORD_TOKEN
 * @throws Failure 1 when it cannot be read, or cannot be meant so
 */
export function readTokens(file: string | undefined, fallback: string | undefined): GivenTokens {
  const found = file === undefined ? new Map<string, string>() : tokensIn(file);
  const client = found.get("client") ?? (fallback === "" ? undefined : fallback) ?? null;
  const given = { client, reader: found.get("reader") ?? null, peer: found.get("peer") ?? null };
  const all = Object.values(given).filter((token) => token !== null);
  // Who knows one of them must not be taken for somebody else.
  if (new Set(all).size < all.length)
    throw new Failure(
      1,
      `${file === undefined ? "" : `--token-file ${file}: `}client, reader and peer need different secrets`,
    );
  return given;
}

/** What a client's verb shows: the clients' token or, without, the readers'. */
export function readClientToken(file: string | undefined): string | null {
  const { client, reader } = readTokens(file, process.env["CONCOORD_TOKEN"]);
  return client ?? reader;
}

function tokensIn(file: string): ReadonlyMap<string, string> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Failure(1, `--token-file: cannot read ${file}: ${reason(error)}`);
  }
  const found = new Map<string, string>();
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const match = /^(client|reader|peer)\s+(\S+)\s*$/.exec(line);
    const where = `--token-file: ${file} line ${at + 1}`;
    // The line itself is not shown: it may hold a secret.
    if (match === null) throw new Failure(1, `${where} is not "client T", "reader T" or "peer K"`);
    const [, who = "", token = ""] = match;
    if (found.has(who)) throw new Failure(1, `${where} says ${who} for the second time`);
    found.set(who, token);
  }
  return found;
}

function reason(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
