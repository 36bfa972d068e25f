/** SIGKILL of a process that writes: whatever it said to be durable is there, in order, without gaps. */
import { expect, test } from "vitest";
import { Dice } from "../../src/shared/sim/dice.ts";
import { loadNumbers } from "../conformance/storage.ts";
import { type Running, startNode } from "../process/processes.ts";
import { counted } from "./numbered.ts";
import { folder, openIn } from "./rig.ts";

const lives = 20;

/** The last number that was printed whole; 0 when none was. */
function lastPrinted(child: Running): number {
  const lines = child.output().split("\n").slice(0, -1);
  return Number(lines.filter((line) => /^\d+$/.test(line)).at(-1) ?? 0);
}

test(`killed ${lives} times while it writes`, async () => {
  const dir = folder();
  const dice = new Dice(7);
  let durable = 0;
  for (let life = 0; life < lives; life++) {
    const child = startNode(["test/storage/writer.ts", dir, String(life)]);
    await child.line(/^ready$/, 20_000);
    // A group ends with each number that is printed, and has up to 200 of them.
    const after = durable + 1 + dice.below(dice.pick([1, 50, 2_000]));
    await child.line(new RegExp(`^${after}$`), 20_000);
    await child.kill();
    expect(child.errors()).toBe("");
    const printed = lastPrinted(child);
    expect(printed).toBeGreaterThanOrEqual(after);
    const storage = await openIn(dir);
    const { numbers } = await loadNumbers(storage);
    await storage.close();
    expect(numbers.length).toBeGreaterThanOrEqual(printed);
    expect(numbers).toEqual(counted(1, numbers.length));
    durable = numbers.length;
  }
});
