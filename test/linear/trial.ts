/** One seed of one object: some clients, random calls, faults; then the question whether the answers were right. */
import { within } from "../../src/shared/client/proxy.ts";
import { session as sessionOf } from "../../src/shared/client/types.ts";
import { Dice } from "../../src/shared/sim/dice.ts";
import { type Entry, History, Sessions } from "./history.ts";
import { explain, linearize } from "./linearizable.ts";
import type { Kind, Subject } from "./subjects.ts";
import { live, type TestClient } from "./world.ts";

/** The shortest there is, ms; programs that stand still for longer lose their sessions. */
const ttl = 1_000;
const standstill = [1_200, 2_500] as const;
/** Between two calls of a client, on average. */
const thinkMillis = 30;
/** The stream of dice that a trial throws beside those of the world and its programs. */
const trialStream = 90;

export interface Tried {
  readonly calls: number;
  /** Of these: it is not known whether they took effect. */
  readonly unknown: number;
  /** Sessions that ended before their clients closed them. */
  readonly lost: number;
  /** Too many of its calls overlap to be decided: nothing is known of it. */
  readonly undecided: number;
}

/** @throws what is wrong with the answers, for people to read */
export async function tryOut(subject: Subject, seed: number): Promise<Tried> {
  const history = await record(subject, seed);
  const verdict = linearize(subject.model(seed), history.entries);
  if (verdict.type === "violation") throw new Error(explain(verdict));
  return tally(history.entries, history.lost, verdict.type === "undecided" ? 1 : 0);
}

interface Recorded {
  readonly entries: readonly Entry[];
  readonly lost: number;
}

async function record(subject: Subject, seed: number): Promise<Recorded> {
  const dice = new Dice(seed, trialStream);
  const clients = 3 + dice.below(3);
  const callsEach = Math.floor(45 / clients);
  // Each seed likes some kinds more than others.
  const kinds = subject.kinds.flatMap((kind) => Array<Kind>(dice.pick([1, 2, 3])).fill(kind));
  let now = () => 0;
  const history = new History(() => now());
  let [ready, lost] = [false, 0];
  await live(seed, {
    type: subject.type,
    clients,
    async run(client) {
      now = () => client.now;
      const player = new Player(subject.type, kinds, client, history);
      if (client.id === 0) {
        await setUp(subject, client, subject.setUp(seed));
        ready = true;
      }
      while (!ready) await client.sleep(thinkMillis);
      for (let i = 0; i < callsEach; i++) await player.act(1_000 * client.id + i);
      await player.close();
      lost += player.lost;
    },
  });
  return { entries: history.entries, lost };
}

/** Before anybody calls, through a session of its own that lives longer than the faults. */
async function setUp({ type }: Subject, { client }: TestClient, args: readonly unknown[]): Promise<void> {
  if (args.length === 0) return;
  await using object = client.connect(type.name);
  await object.__concoordinit__(...args);
}

/** One client's part. */
class Player {
  private readonly reads: readonly string[];
  private readonly kinds: readonly Kind[];
  private readonly client: TestClient;
  private readonly sessions: Sessions;
  private readonly object;

  constructor(type: Subject["type"], kinds: readonly Kind[], client: TestClient, history: History) {
    const { dice } = client;
    this.reads = type.reads;
    this.kinds = kinds;
    this.client = client;
    this.object = client.client.connect(type, undefined, {
      sessionTtl: ttl,
      // 2 would leave it to the program when calls are sent.
      proxy: dice.pick([0, 1, 3, 3] as const),
    });
    this.sessions = new Sessions(history, client.id, ttl);
    this.object[sessionOf].addEventListener("sessionlost", () => this.sessions.end());
  }

  get lost(): number {
    return this.sessions.lost;
  }

  /** Now and then two calls at once, a long silence, or a standstill while they are under way. */
  async act(serial: number): Promise<void> {
    const { client } = this;
    const { dice } = client;
    await client.sleep(dice.chance(0.1) ? dice.between(...standstill) : dice.exponential(thinkMillis));
    const calls = [this.call(serial)];
    if (dice.chance(0.15)) calls.push(this.call(serial + 100));
    if (dice.chance(0.1))
      calls.push(client.vanish(dice.exponential(thinkMillis), dice.between(...standstill)));
    await Promise.all(calls);
  }

  private async call(serial: number): Promise<void> {
    const { object, reads, kinds } = this;
    const { dice } = this.client;
    const { method, args, limit, patience } = dice.pick(kinds)(dice, serial);
    const timeout = dice.chance(0.1) ? 1 + dice.exponential(30) : limit;
    const limited = timeout === undefined ? object : within(object, { timeout });
    const run: unknown = Reflect.get(limited, method);
    if (typeof run !== "function") throw new Error(`there is no ${method}`);
    const inLog = !reads.includes(method);
    const make = () => run(...args) as Promise<unknown>;
    await this.sessions.call({ method, args, inLog, patience, make });
  }

  async close(): Promise<void> {
    this.sessions.close();
    await this.object[Symbol.asyncDispose]();
  }
}

function tally(entries: readonly Entry[], lost: number, undecided: number): Tried {
  const unknown = entries.filter(({ outcome }) => outcome.type === "unknown").length;
  return { calls: entries.length, unknown, lost, undecided };
}
