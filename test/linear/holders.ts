/**
 * Programs that hold a lock by `hold`, while nodes and networks fail, and programs stand still, are cut off or die with
 * the lock in their hands, for longer than their sessions live.
 *
 * What is true of them. Let a program be inside from when `hold` resolves until it asks for the release. The log knows
 * one owner at any time; the newest state is that of the replica that has executed most.
 * 1. Who is inside owns the lock in the newest state, or its session is over there. So two programs are never inside
 *    at once whose sessions are both open: a lock is handed on only when its owner gave it back, or is given up.
 * 2. A program that stands still cannot hear of that, so that in simulated time it may still be inside when the next
 *    one is. As soon as one of its calls is answered that it made after the end of its session, its signal has aborted;
 *    and the signal aborts in no other case.
 * 3. What it does in between harms nothing that asks for its token: tokens rise from owner to owner, so that who has
 *    seen a higher one refuses it. Who owns the lock in the newest state is never refused.
 */
import { ConcoordError } from "../../src/shared/client/errors.ts";
import type { Held } from "../../src/shared/client/hold.ts";
import { hold } from "../../src/shared/client/hold.ts";
import { Lock } from "../../src/shared/object/library/lock.ts";
import type { SessionId } from "../../src/shared/object/types.ts";
import { must } from "../../src/shared/paxos/ids.ts";
import { Dice } from "../../src/shared/sim/dice.ts";
import type { Process } from "../../src/shared/sim/machine.ts";
import { live, type TestClient } from "./world.ts";

const ttl = 1_000;
/** How long a program is gone that is gone for too long, ms. */
const goneMillis = [1_200, 3_000] as const;
const rounds = 5;
/** The stream of dice that decides who dies, beside those of the world and its programs. */
const deathStream = 91;

export interface Figures {
  /** How often `hold` resolved. */
  holds: number;
  /** Of these: the session ended before the program gave the lock back. */
  lost: number;
  /** Of the lost ones: the program was inside together with a later owner, of which it could not know. */
  together: number;
  /** What the guarded resource refused. */
  refused: number;
  /** Programs that died with the lock. */
  deaths: number;
  /** Two inside whose sessions were both open. */
  double: number;
}

/** Takes turns by fencing tokens: what comes with a lower token than it has seen is refused. */
class Resource {
  value = 0;
  /** Of writes that were accepted. */
  readonly tokens: number[] = [];
  private highest = 0;

  /** @returns null when it is refused */
  read(token: number): number | null {
    if (token < this.highest) return null;
    this.highest = token;
    return this.value;
  }

  write(token: number, value: number): boolean {
    if (this.read(token) === null) return false;
    this.value = value;
    this.tokens.push(token);
    return true;
  }
}

/** Who holds the lock: as the newest state has it, and as programs believe. */
class Watch {
  readonly figures: Figures = { holds: 0, lost: 0, together: 0, refused: 0, deaths: 0, double: 0 };
  private readonly inside = new Set<Held>();
  private readonly together = new Set<Held>();
  /** Whose session each holder is, as far as a replica showed it. */
  private readonly sessions = new Map<string, SessionId>();
  private executed = 0;
  private owner: string | null = null;
  private token = 0;
  private isOpen: (session: SessionId) => boolean = () => false;

  /** After each turn of a replica. */
  readonly turned = ({ server }: Process): void => {
    if (server === null || server.machine.executed <= this.executed) return;
    const { machine } = server;
    this.executed = machine.executed;
    this.isOpen = (session) => machine.session(session) !== null;
    const lock = machine.peek("Lock/main");
    if (!(lock instanceof Lock)) return;
    const { owner, lastToken, claims } = lock;
    const holder = owner?.holder ?? null;
    // Who waits may be the owner, and be it no more, before anybody looks again.
    const seen = [...claims.waiters.values()].map((claim) => claim.owner);
    for (const one of owner === null ? seen : [owner, ...seen]) this.sessions.set(one.holder, one.session);
    must(holder === null || holder === this.owner || lastToken > this.token, "tokens rise with each owner");
    must(lastToken >= this.token, "tokens never fall");
    this.owner = holder;
    this.token = lastToken;
    this.check();
  };

  enter(held: Held): void {
    this.inside.add(held);
    this.figures.holds++;
    this.check();
  }

  leave(held: Held): void {
    if (this.inside.delete(held) && this.isLost(held)) this.figures.lost++;
  }

  /** Its session is over in the newest state. */
  isLost({ holder }: Held): boolean {
    const session = this.sessions.get(holder);
    must(session !== undefined, "the lock was granted to nobody's session");
    return !this.isOpen(session);
  }

  owns({ holder }: Held): boolean {
    return this.owner === holder;
  }

  private check(): void {
    const { figures, inside } = this;
    const holding = [...inside].filter((held) => !this.isLost(held));
    if (holding.length > 1) figures.double++;
    must(holding.length < 2, `double holders: ${holding.map(({ holder }) => holder).join(" and ")}`);
    for (const held of inside) {
      const isLost = this.isLost(held);
      must(isLost || this.owns(held), `${held.holder} lost the lock though its session is open`);
      must(isLost || held.token === this.token, `${held.holder} has another token than the lock`);
      must(isLost || !held.signal.aborted, `${held.holder} was told that it lost the lock, and did not`);
      if (holding.length === 0 || !isLost || this.together.has(held)) continue;
      this.together.add(held);
      figures.together++;
    }
  }
}

/** One world. @throws what is not true */
export async function tryHolders(seed: number): Promise<Figures> {
  const dice = new Dice(seed, deathStream);
  const clients = 3 + dice.below(3);
  // One of them, perhaps: others have to go on.
  const mortal = dice.chance(0.5) ? dice.below(clients) : null;
  const watch = new Watch();
  const resource = new Resource();
  await live(seed, {
    type: Lock,
    clients,
    turned: watch.turned,
    async run(client) {
      const { dice } = client;
      await using lock = client.client.connect(Lock, undefined, { sessionTtl: ttl });
      for (let i = 0; i < rounds; i++) {
        // It may be gone while it waits, too.
        const gone = dice.chance(0.1)
          ? client.vanish(dice.exponential(40), dice.between(...goneMillis))
          : null;
        const held = await again(() => hold(lock));
        watch.enter(held);
        await gone;
        if (client.id === mortal && i === rounds - 2) {
          watch.leave(held);
          watch.figures.deaths++;
          await client.die();
        }
        await work(client, held, resource, watch);
        await hears(lock, held, watch);
        watch.leave(held);
        await again(() => held.release());
        await client.sleep(dice.exponential(30));
      }
    },
  });
  const { tokens, value } = resource;
  must(
    tokens.every((token, i) => i === 0 || token > (tokens[i - 1] as number)),
    "a lower token came after",
  );
  must(value === tokens.length, `${tokens.length} writes were accepted, and ${value} were kept`);
  return watch.figures;
}

/** Reads, is gone for a while perhaps, and writes. */
async function work(client: TestClient, held: Held, resource: Resource, watch: Watch): Promise<void> {
  const { dice } = client;
  const before = resource.read(held.token);
  must(before !== null || !watch.owns(held), "the owner was refused");
  if (dice.chance(0.15)) {
    const millis = dice.between(...goneMillis);
    await client.vanish(0, millis);
    if (dice.chance(0.5)) await client.sleep(millis);
  }
  await client.sleep(dice.exponential(40));
  const wrote = before !== null && resource.write(held.token, before + 1);
  if (!wrote) watch.figures.refused++;
  must(wrote || !watch.owns(held), "the owner was refused");
}

/** A call that is made when the session is over: then the program knows. */
async function hears(lock: { locked(): Promise<boolean> }, held: Held, watch: Watch): Promise<void> {
  const isLost = watch.isLost(held);
  await again(() => lock.locked());
  must(!isLost || held.signal.aborted, `${held.holder} goes on without knowing that it lost the lock`);
}

/** Until it is answered: calls of a session that ended fail. */
async function again<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ConcoordError && error.code === "SESSION_EXPIRED")) throw error;
    }
  }
}
