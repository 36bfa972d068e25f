/** The programs with which people ask the DNS: dig, kdig. */
import { execFile, spawnSync } from "node:child_process";

export type Transport = "udp" | "tcp" | "https";

export interface Tool {
  readonly name: string;
  /** Everything that it prints of one question to 127.0.0.1. */
  whole(transport: Transport, port: number, name: string, type: string): Promise<string>;
  /** What the records say, a line for each, sorted. */
  short(transport: Transport, port: number, name: string, type: string): Promise<readonly string[]>;
}

const packages = { dig: "bind9-dnsutils", kdig: "knot-dnsutils" } as const;
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
