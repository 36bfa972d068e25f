/** The sync primitives of three durable replicas when a leader, all replicas, or a client process is killed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../process/processes.ts";
import { Play } from "./play.ts";
import { Rig } from "./rig.ts";
import { clientsKilled, type Rows, replicasKilled } from "./tables/fail-over.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start("abcdez");
});
afterAll(() => rig?.stop());

const tests = (table: Rows) =>
  table.flatMap(([classes, rows]) => classes.flatMap((name) => rows.map((row) => [name, ...row] as const)));

async function play(className: string, lines: readonly string[]): Promise<readonly number[]> {
  const played = new Play(rig, className);
  try {
    await played.lines(lines);
  } finally {
    await played.end();
  }
  await played.nobodyWaits();
  return played.measured;
}

describe("replicas are killed", () => {
  test.each(tests(replicasKilled))("%s: %s", async (className, _, ...lines) => {
    await play(className, lines);
  });

  test("three take turns while the leader is killed twice: one at a time, with tokens that rise", async () => {
    const lock = rig.fresh("Lock");
    const tokens: number[] = [];
    let inside = 0;
    let over = false;
    const ask = (letter: string, method: string) => rig.client(letter).call(lock, method, []).answered();
    const takeTurns = async (letter: string) => {
      while (!over) {
        tokens.push(Number(await ask(letter, "acquire")));
        expect(++inside).toBe(1);
        inside--;
        expect(await ask(letter, "release")).toBe("undefined");
      }
    };
    const some = (n: number) => until(`${n} turns`, 15_000, async () => tokens.length >= n || undefined);
    await Promise.all(["a", "b", "c"].map((letter) => rig.client(letter).open(10_000)));
    const turns = Promise.all(["a", "b", "c"].map(takeTurns));
    const disturb = async () => {
      for (let kills = 0; kills < 2; kills++) {
        await some(tokens.length + 10);
        const leader = await rig.cluster.leader();
        await rig.cluster.kill(leader);
        await some(tokens.length + 10);
        await rig.cluster.run(leader);
      }
      over = true;
    };
    await Promise.all([disturb(), turns]);
    expect(tokens).toEqual([...new Set(tokens)].toSorted((x, y) => x - y));
    expect(await ask("a", "locked")).toBe("false");
    await rig.closeAll();
  });
});

describe("clients are killed", () => {
  const measured: string[] = [];
  afterAll(() => {
    console.info(`ms from SIGKILL of a client with sessionTtl 1000 to the answer: ${measured.join(", ")}`);
  });

  test.each(tests(clientsKilled))("%s: %s", async (className, _, ...lines) => {
    for (const millis of await play(className, lines)) measured.push(`${className} ${millis}`);
  });
});
