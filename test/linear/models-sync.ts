/**
 * What a lock and a semaphore do, call by call, written from their documentation (docs/objects.md). Who waits is not in
 * these states: a call that waits takes effect when it is let go.
 */
import type { Entry } from "./history.ts";
import { type Model, threw, told } from "./linearizable.ts";
import { type Ended, withSessions } from "./sessions.ts";

/** The owner is "session/holder", as the caller of this call would be. */
function callerAs({ session }: Entry, holder: unknown): string {
  return `${session}/${typeof holder === "string" ? holder : ""}`;
}

/** Whether the call may end without success: it was not to wait, or for some time only. */
export function mayGiveUp([blocking = true, timeout = -1]: readonly unknown[]): boolean {
  return blocking === false || timeout !== -1;
}

const notOwner = "RuntimeError NOT_OWNER";

interface Lock {
  readonly owner: string | null;
  /** The owner's; null when nobody was told. */
  readonly token: number | null;
  /** All tokens given from now on are above it. */
  readonly above: number;
}

const free = (lock: Lock): Lock => ({ ...lock, owner: null, token: null });

function acquire(lock: Lock, call: Entry): readonly Lock[] {
  const [, , holder] = call.args;
  if (lock.owner !== null) return mayGiveUp(call.args) ? told(call, false, lock) : [];
  const { outcome } = call;
  const owner = callerAs(call, holder);
  if (outcome.type === "unknown") return [{ owner, token: null, above: lock.above + 1 }];
  if (outcome.type !== "value" || typeof outcome.value !== "number" || outcome.value <= lock.above) return [];
  return [{ owner, token: outcome.value, above: outcome.value }];
}

function token(lock: Lock, call: Entry): readonly Lock[] {
  if (lock.owner === null) return told(call, 0, lock);
  if (lock.token !== null) return told(call, lock.token, lock);
  const { outcome } = call;
  if (outcome.type !== "value" || typeof outcome.value !== "number" || outcome.value < lock.above) return [];
  return [{ ...lock, token: outcome.value, above: outcome.value }];
}

const lock: Ended<Lock> = {
  initial: { owner: null, token: null, above: 0 },
  // Not `token`: of an owner whose acquire was never answered it is learnt here.
  knowsCallers: true,
  reads: ["locked"],
  step(lock, call) {
    const [holder] = call.args;
    switch (call.method) {
      case "acquire":
        return acquire(lock, call);
      case "release":
        if (lock.owner !== callerAs(call, holder)) return threw(call, notOwner, lock);
        return told(call, undefined, free(lock));
      case "revoke":
        return told(call, lock.owner !== null, free(lock));
      case "locked":
        return told(call, lock.owner !== null, lock);
      case "token":
        return token(lock, call);
      default:
        throw new Error(`a lock has no ${call.method}`);
    }
  },
  key: ({ owner, token, above }) => `${owner} ${token} ${above}`,
  ended: (lock, session) => (lock.owner?.startsWith(`${session}/`) ? free(lock) : lock),
};

export const lockModel: Model<unknown> = withSessions(lock);

/** Permits that were taken, by "session/holder", who came first first. */
type Taken = readonly (readonly [owner: string, permits: number])[];

interface Semaphore {
  readonly permits: number;
  readonly taken: Taken;
}

function add(taken: Taken, owner: string, n: number): Taken {
  const known = taken.find(([other]) => other === owner)?.[1] ?? 0;
  if (known === 0) return [...taken, [owner, n]];
  return taken.flatMap((entry) =>
    entry[0] !== owner ? [entry] : known + n === 0 ? [] : [[owner, known + n] as const],
  );
}

/** A release without a holder gives back what the caller took so, else what others did, else what nobody did. */
function giveBack(taken: Taken, owner: string, n: number): Taken {
  let [left, rest] = [n, taken];
  const plain = taken.filter(([other]) => other.endsWith("/"));
  for (const [other, has] of plain.toSorted((a, b) => Number(b[0] === owner) - Number(a[0] === owner))) {
    const given = Math.min(left, has);
    if (given > 0) rest = add(rest, other, -given);
    left -= given;
  }
  return rest;
}

function release({ permits, taken }: Semaphore, call: Entry): readonly Semaphore[] {
  const [n = 1, holder] = call.args;
  if (typeof n !== "number") throw new Error("a number of permits");
  const owner = callerAs(call, holder);
  const isNamed = !owner.endsWith("/");
  const has = taken.find(([other]) => other === owner)?.[1] ?? 0;
  if (isNamed && has < n) return threw(call, notOwner, { permits, taken });
  const rest = isNamed ? add(taken, owner, -n) : giveBack(taken, owner, n);
  return told(call, undefined, { permits: permits + n, taken: rest });
}

const semaphoreOf = (value: number): Ended<Semaphore> => ({
  initial: { permits: value, taken: [] },
  knowsCallers: true,
  reads: ["value", "locked"],
  step(state, call) {
    const { permits, taken } = state;
    const [, , holder] = call.args;
    switch (call.method) {
      case "acquire":
        if (permits > 0)
          return told(call, true, { permits: permits - 1, taken: add(taken, callerAs(call, holder), 1) });
        return mayGiveUp(call.args) ? told(call, false, state) : [];
      case "release":
        return release(state, call);
      case "value":
        return told(call, permits, state);
      case "locked":
        return told(call, permits === 0, state);
      default:
        throw new Error(`a semaphore has no ${call.method}`);
    }
  },
  key: ({ permits, taken }) => `${permits} ${taken.map(([owner, n]) => `${owner}=${n}`).join()}`,
  ended({ permits, taken }, session) {
    const [own, others] = [taken.filter((t) => isOf(t, session)), taken.filter((t) => !isOf(t, session))];
    return { permits: own.reduce((sum, [, n]) => sum + n, permits), taken: others };
  },
});

function isOf([owner]: Taken[number], session: string): boolean {
  return owner.startsWith(`${session}/`);
}

/** @param value how many permits there are */
export function semaphoreModel(value: number): Model<unknown> {
  return withSessions(semaphoreOf(value));
}
