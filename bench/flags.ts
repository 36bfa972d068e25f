/** The command line of a bench of its own, from its flags to its exit code. */
import { parseArgs } from "node:util";

/** What each flag is without being given: a number makes it a number, false a switch. */
type Defaults = Readonly<Record<string, number | false>>;
export type Flags<D extends Defaults> = { readonly [K in keyof D]: D[K] extends number ? number : boolean };

/**
 * Reads the flags.
 * @throws RangeError for what is no number, or not above 0 where the usual one is
 * @example const { seconds, memory } = flags({ seconds: 3, memory: false });
 */
export function flags<const D extends Defaults>(defaults: D): Flags<D> {
  const options = Object.entries(defaults).map(([name, usual]) => {
    const type = usual === false ? ("boolean" as const) : ("string" as const);
    return [name, { type }] as const;
  });
  const { values } = parseArgs({ options: Object.fromEntries(options) });
  const read = Object.entries(defaults).map(([name, usual]) => {
    const given = values[name];
    if (typeof given !== "string") return [name, given ?? usual] as const;
    const n = Number(given);
    if (!(n > 0 || (n === 0 && usual === 0))) throw new RangeError(`--${name} is a number above 0`);
    return [name, n] as const;
  });
  return Object.fromEntries(read) as Flags<D>;
}

/** Runs a bench: exit code 0 when it says true, 1 when it misses what it wants, 2 for a wrong command line. */
export async function runBench(name: string, usage: string, bench: () => Promise<boolean>): Promise<void> {
  try {
    if (!(await bench())) process.exitCode = 1;
  } catch (error) {
    const misused = error instanceof RangeError || error instanceof TypeError;
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    if (misused) process.stderr.write(`${usage}\n`);
    process.exitCode = misused ? 2 : 1;
  }
}

/** For JSON.stringify: three digits behind the point are enough. */
export function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1_000) / 1_000 : value;
}
