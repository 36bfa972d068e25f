/**
 * Which seeds the tests of this folder run: LINEAR_SEEDS says how many of each kind, from LINEAR_FROM on. For a long
 * look: `LINEAR_SEEDS=1000 npx vitest run test/linear`.
 */
import { env } from "node:process";

/** Of each object, and of the programs that hold locks, when nothing else is said. */
const usual = 80;

/** Whether these are the seeds of every day, of which is known what they meet. */
export const isUsual = env["LINEAR_SEEDS"] === undefined && env["LINEAR_FROM"] === undefined;

const count = natural("LINEAR_SEEDS", usual);
const first = natural("LINEAR_FROM", 1);

export const seeds: readonly number[] = Array.from({ length: count }, (_, i) => first + i);

/** Enough for a machine that has much else to do, ms. */
export const timeout = 60_000 + count * 1_000;

function natural(name: string, usually: number): number {
  const value = Number(env[name] ?? usually);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name}: a whole number from 1`);
  return value;
}

/**
 * Runs every seed. @returns what each gave
 * @throws the first that fails, with its seed and the command that replays it
 */
export async function eachSeed<T>(
  file: string,
  title: string,
  run: (seed: number) => Promise<T>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (const seed of seeds) {
    try {
      all.push(await run(seed));
    } catch (cause) {
      const replay = `LINEAR_FROM=${seed} LINEAR_SEEDS=1 npx vitest run test/linear/${file} -t "${title}"`;
      throw new Error(`seed ${seed}: ${String(cause)}\nreplay: ${replay}`, { cause });
    }
  }
  return all;
}
