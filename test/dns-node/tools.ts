/** The programs with which people ask the DNS: dig, kdig. And what stands before a nameserver where they want TLS. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Transport = "udp" | "tcp" | "https";

export interface Tool {
  readonly name: string;
  /** Everything that it prints of one question to 127.0.0.1. */
  whole(transport: Transport, port: number, name: string, type: string): Promise<string>;
  /** What the records say, a line for each, sorted. */
  short(transport: Transport, port: number, name: string, type: string): Promise<readonly string[]>;
}

const packages = { dig: "bind9-dnsutils", kdig: "knot-dnsutils", openssl: "openssl" } as const;
const flags: Readonly<Record<Transport, string>> = { udp: "+notcp", tcp: "+tcp", https: "+https" };
const tries = { dig: ["+tries=1", "+time=5"], kdig: ["+retry=0", "+timeout=5"] } as const;

/** Whether it is installed; says in one line what is left out where it is not. */
function has(program: keyof typeof packages): boolean {
  const { error } = spawnSync(program, ["-v"], { stdio: "ignore" });
  if (error !== undefined)
    process.stdout.write(`left out: what ${program} prints; apt-get install ${packages[program]} for it\n`);
  return error === undefined;
}

/** Those that are installed here. */
export const tools: readonly Tool[] = (["dig", "kdig"] as const).filter(has).map((name) => {
  const run = (words: readonly string[]) =>
    new Promise<string>((resolve, reject) =>
      execFile(name, words, (error, stdout) => (error === null ? resolve(stdout) : reject(error))),
    );
  const words = (transport: Transport, port: number, ...rest: readonly string[]) => {
    const where = ["@127.0.0.1", "-p", String(port)];
    return [...where, flags[transport], ...tries[name], ...rest];
  };
  return {
    name,
    whole: (transport, port, owner, type) => run(words(transport, port, owner, type)),
    short: async (transport, port, owner, type) => {
      const text = await run(words(transport, port, "+short", owner, type));
      return text
        .split("\n")
        .filter((line) => line !== "")
        .sort();
    },
  };
});

export const hasTls = has("openssl");

export interface Front {
  readonly port: number;
  close(): void;
}

/** TLS and HTTP/2, as a proxy before a nameserver does it: the tools speak DNS over HTTPS in no other way. */
export async function front(httpPort: number): Promise<Front> {
  const dir = mkdtempSync(join(tmpdir(), "concoord-front-"));
  const [keyFile, certFile] = [join(dir, "key"), join(dir, "cert")];
  const made = ["-keyout", keyFile, "-out", certFile, "-days", "2", "-subj", "/CN=localhost", "-nodes"];
  spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...made], { stdio: "ignore" });
  const [key, cert] = [readFileSync(keyFile), readFileSync(certFile)];
  rmSync(dir, { recursive: true });
  const server = createSecureServer({ key, cert }, (request, response) => {
    pass(request, response, httpPort).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const at = server.address();
  return {
    port: typeof at === "object" && at !== null ? at.port : 0,
    close: () => server.close(),
  };
}

async function pass(request: Http2ServerRequest, response: Http2ServerResponse, port: number): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const { accept, "content-type": type } = request.headers;
  const headers = {
    ...(accept === undefined ? {} : { accept }),
    ...(type === undefined ? {} : { "content-type": type }),
  };
  const { method, url } = request;
  const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
    method,
    headers,
    ...(body.length === 0 ? {} : { body }),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  // dig takes an answer without its length for an empty one.
  const shown = { "content-type": answer.headers.get("content-type") ?? "", "content-length": bytes.length };
  response.writeHead(answer.status, shown);
  response.end(bytes);
}
