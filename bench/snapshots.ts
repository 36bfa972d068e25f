/**
 * `node bench/snapshots.ts`: what snapshots of a large state cost the calls that go on meanwhile. Three real
 * replicas, one object of 100 MB, a steady load; p99 without, and while all three make a snapshot in turn.
 */
import { randomBytes } from "node:crypto";
import { connect } from "concoord";
import { WsPeerProbe } from "../src/node/net/probe.ts";
import { nodeId } from "../src/shared/paxos/ids.ts";
import { Store } from "../test/fixtures/objects/store.ts";
import { Cluster } from "../test/process/cluster.ts";
import { type Flags, flags, runBench } from "./flags.ts";

const usage = `node bench/snapshots.ts [--entries 700000] [--outstanding 16] [--rate N] [--seconds 10] [--rounds 1]
  --entries      of the object's map, about 140 bytes each
  --outstanding  calls under way at any time, each followed by the next at once
  --rate         instead: so many calls a second, whatever is under way
  --seconds      how long it is measured without snapshots
  --rounds       how many snapshots of each replica are measured`;
const limit = 3;
const roundMillisMax = 600_000;
const fillStep = 500;

/** A rate of 0 is none: as fast as the calls under way allow. */
const defaults = { entries: 700_000, outstanding: 16, rate: 0, seconds: 10, rounds: 1 } as const;
type Wanted = Flags<typeof defaults>;

type Remote = ReturnType<typeof storeAt>;

function storeAt(bootstrap: string) {
  return connect(Store, bootstrap);
}

async function fill(store: Remote, entries: number): Promise<void> {
  const starts = Array.from({ length: Math.ceil(entries / fillStep) }, (_, i) => i * fillStep);
  for (let at = 0; at < starts.length; at += 16)
    await Promise.all(starts.slice(at, at + 16).map((from) => store.fill(from, fillStep)));
}

/** Calls that go on until they are ended, each with the time that it took. */
class Load {
  private times: number[] = [];
  private over = false;
  private readonly store: Remote;
  private readonly entries: number;
  private readonly underWay = new Set<Promise<void>>();
  private readonly pace: NodeJS.Timeout | undefined;

  constructor(store: Remote, { entries, outstanding, rate }: Wanted) {
    this.store = store;
    this.entries = entries;
    if (rate > 0) this.pace = this.paced(rate);
    else for (let i = 0; i < outstanding; i++) this.track(this.loop());
  }

  take(): Figures {
    const sorted = Float64Array.from(this.times).sort();
    this.times = [];
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
    return { calls: sorted.length, p50Millis: at(0.5), p99Millis: at(0.99), maxMillis: at(1) };
  }

  /** Lets the calls under way end. @throws what one of them threw */
  async end(): Promise<void> {
    this.over = true;
    clearInterval(this.pace);
    await Promise.all(this.underWay);
  }

  /** One that fails stays, for `end` to say why. */
  private track(work: Promise<void>): void {
    this.underWay.add(work);
    work.then(
      () => this.underWay.delete(work),
      () => clearInterval(this.pace),
    );
  }

  private async loop(): Promise<void> {
    while (!this.over) await this.call(performance.now());
  }

  /** A call that could not begin in time counts from when it should have. */
  private paced(rate: number): NodeJS.Timeout {
    let due = performance.now();
    return setInterval(() => {
      for (const now = performance.now(); due <= now; due += 1_000 / rate) this.track(this.call(due));
    }, 2);
  }

  private async call(from: number): Promise<void> {
    await this.store.touch(Math.floor(Math.random() * this.entries));
    this.times.push(performance.now() - from);
  }
}

interface Figures {
  readonly calls: number;
  readonly p50Millis: number;
  readonly p99Millis: number;
  readonly maxMillis: number;
}

interface Snapshot {
  readonly slot: number;
  readonly size: number;
}

/** Has the cluster make a snapshot; resolves when every replica holds it. */
async function snapshotOfAll(addrs: readonly string[]): Promise<Snapshot> {
  const probe = new WsPeerProbe({
    id: nodeId(randomBytes(8).toString("hex")),
    addr: "",
    token: null,
    cluster: null,
  });
  const took = await probe.ask(addrs[0] ?? "", { type: "takeSnapshot" }, roundMillisMax);
  if (took.type !== "tookSnapshot") throw new Error(`unexpected answer ${took.type}`);
  const { slot, size } = took.head;
  await Promise.all(addrs.map((addr) => waitFor(addr, slot)));
  return { slot, size };
}

function waitFor(addr: string, slot: number): Promise<void> {
  const until = performance.now() + roundMillisMax;
  return new Promise((resolve, reject) => {
    const timer = setInterval(async () => {
      try {
        const status = (await (await fetch(`http://${addr}/status.json`)).json()) as {
          readonly snapshot: number;
        };
        if (performance.now() > until) throw new Error(`${addr} has no snapshot of slot ${slot} in time`);
        if (status.snapshot < slot) return;
        clearInterval(timer);
        resolve();
      } catch (error) {
        clearInterval(timer);
        reject(error);
      }
    }, 200);
  });
}

async function measure(): Promise<boolean> {
  const options = flags(defaults);
  const cluster = await Cluster.start(3, ["./test/fixtures/objects/store.ts"]);
  try {
    const addrs = cluster.replicas.map(({ addr }) => addr);
    await using store = storeAt(cluster.bootstrap);
    await fill(store, options.entries);
    // The first one begins with the founding: what is measured is the usual case, one snapshot after another.
    await snapshotOfAll(addrs);
    const load = new Load(store, options);
    await elapsed(1_000);
    load.take();
    await elapsed(options.seconds * 1_000);
    const without = load.take();
    const from = performance.now();
    let snapshot: Snapshot | null = null;
    for (let round = 0; round < options.rounds; round++) snapshot = await snapshotOfAll(addrs);
    const during = load.take();
    const millis = Math.round(performance.now() - from);
    await load.end();
    const ratio = during.p99Millis / without.p99Millis;
    process.stdout.write(`${JSON.stringify({ ...options, snapshot, millis, without, during, ratio })}\n`);
    return ratio <= limit;
  } finally {
    await cluster.stop();
  }
}

function elapsed(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

await runBench("snapshots", usage, measure);
