/** How long a node takes to join a cluster that has decided very many slots, under load. */
import { Cluster } from "./cluster.ts";
import { Writers } from "./writers.ts";

export interface Joined {
  readonly scenario: "joiner";
  /** What was decided when the node was started. */
  readonly slots: number;
  /** From the start of its process until it is in the view and caught up. */
  readonly joinMillis: number;
  readonly exact: boolean;
}

/** Few writers: each slot then decides few calls, and slots are what counts here. */
const writersOfSlots = 8;

/** @param thousands slots to be decided before the node joins, in thousands */
export async function joinLate(thousands: number): Promise<Joined> {
  const cluster = await Cluster.start(3);
  const writers = new Writers(cluster.bootstrap, writersOfSlots);
  try {
    let slots = 0;
    while (slots < thousands * 1_000) {
      await writers.more(1_000);
      slots = (await cluster.status()).decided;
    }
    const began = performance.now();
    await cluster.add();
    const joinMillis = Math.round(performance.now() - began);
    const value = await writers.finish();
    const { acknowledged, unknown } = writers;
    const exact = value >= acknowledged && value <= acknowledged + unknown;
    return { scenario: "joiner", slots, joinMillis, exact };
  } finally {
    await writers.close();
    await cluster.stop();
  }
}
