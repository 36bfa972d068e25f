/** The secrets that let clients and nodes in: a file of lines `client T` and `peer K`. */
import { readFileSync } from "node:fs";
import type { Tokens } from "../net/hello.ts";
import { Failure } from "./failure.ts";

/**
 * @param file the value of --token-file, or undefined
 * @param fallback the client's token from CONCOORD_TOKEN
 */
export function readTokens(file: string | undefined, fallback: string | undefined): Tokens {
  if (file === undefined) return { client: fallback ?? null, peer: null };
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Failure(1, `--token-file: cannot read ${file}: ${reason(error)}`);
  }
  const found = new Map<string, string>();
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const match = /^(client|peer)\s+(\S+)\s*$/.exec(line);
    // The line itself is not shown: it may hold a secret.
    if (match === null)
      throw new Failure(1, `--token-file: ${file} line ${at + 1} is not "client T" or "peer K"`);
    found.set(match[1] as string, match[2] as string);
  }
  return { client: found.get("client") ?? fallback ?? null, peer: found.get("peer") ?? null };
}

function reason(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
