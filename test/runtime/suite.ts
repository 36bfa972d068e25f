/**
 * The acceptance suite of the client: the same code runs in Node, in workerd and in a browser, bundled with the entry
 * of each. A case that fails throws; what must happen to the nodes meanwhile is asked for over HTTP.
 */
import type * as entry from "../../src/node/index.ts";
import type { Lock } from "../../src/shared/object/library/lock.ts";
import type { Probe } from "./probe.ts";
import { equal, everyKind, show } from "./values.ts";

export interface Kit {
  readonly api: typeof entry;
  /** All nodes. */
  readonly bootstrap: string;
  /** URL of what starts and ends nodes and connections. */
  readonly control: string;
}

type Case = (kit: Kit) => Promise<void>;

async function tell({ control }: Kit, what: "drop" | "kill" | "restart"): Promise<void> {
  const answer = await fetch(`${control}/${what}`, { method: "POST" });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${what}: ${text}`);
}

/** An object of its own for each case and runtime. */
function probeOf({ api, bootstrap }: Kit, name: string, options = {}) {
  return api.connect<Probe>(`Probe/${name}-${crypto.randomUUID()}`, bootstrap, options);
}

async function failure(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    const { name, message } = error as Error;
    return { ...(error as object), name, message, error };
  }
  throw new Error("it did not fail");
}

/** 1 to n, each once: no call was lost, none ran twice. */
function eachOnce(answers: readonly number[], n: number): void {
  equal(
    [...answers].sort((a, b) => a - b),
    Array.from({ length: n }, (_, i) => i + 1),
  );
}

/** `n` increments, at most `width` of them unanswered at a time; `at` is called with the number of each answer. */
async function increments(
  probe: { increment(): Promise<number> },
  n: number,
  width: number,
  at: (answered: number) => Promise<void> | undefined = () => undefined,
): Promise<void> {
  const answers: number[] = [];
  let left = n;
  const worker = async () => {
    while (left > 0) {
      left--;
      await at(answers.push(await probe.increment()));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  eachOnce(answers, n);
}

export const cases: Readonly<Record<string, Case>> = {
  "calls, and values of every kind": async (kit) => {
    await using probe = probeOf(kit, "values");
    equal(await probe.increment(), 1);
    equal(await probe.nothing(), undefined);
    for (const value of everyKind) equal(await probe.echo(value), [value]);
    equal(await probe.echo(...everyKind), everyKind);
    const large = "x".repeat(500_000);
    equal(((await probe.echo(large)) as string[])[0]?.length, large.length);
  },

  "many calls outstanding": async (kit) => {
    await using probe = probeOf(kit, "many");
    const answers = await Promise.all(Array.from({ length: 3_000 }, () => probe.increment()));
    equal(
      answers,
      Array.from({ length: 3_000 }, (_, i) => i + 1),
    );
  },

  errors: async (kit) => {
    await using probe = probeOf(kit, "errors");
    const thrown = await failure(probe.fail());
    equal([thrown["name"], thrown["message"], thrown["code"]], ["RangeError", "too low", "TOO_LOW"]);
    equal([thrown["least"], thrown["list"]], [3, [1n]]);
    const { openSession, ConcoordError } = kit.api;
    await using session = openSession(kit.bootstrap);
    const unknown = await failure(session.call("Probe/errors", "nosuch"));
    equal([unknown["code"], unknown["executed"]], ["UNKNOWN_METHOD", "no"]);
    equal(unknown["error"] instanceof ConcoordError, true);
    const unsendable = await failure(probe.echo({ a: [() => 1] }));
    equal([unsendable["code"], unsendable["executed"]], ["NOT_SENDABLE", "no"]);
    equal(/args\[0\]\.a\[0\]/.test(String(unsendable["message"])), true);
    equal(await probe.getvalue(), 0);
  },

  "reads and local reads": async (kit) => {
    await using probe = probeOf(kit, "reads");
    for (let i = 1; i <= 20; i++) {
      equal(await probe.increment(), i);
      equal(await probe.getvalue(), i);
      // What one's own session was answered is always seen.
      equal(await probe[kit.api.local].getvalue(), i);
    }
  },

  "sessions and the state of their connection": async (kit) => {
    const states: string[] = [];
    const session = kit.api.openSession(kit.bootstrap);
    session.addEventListener("connection", ({ state }) => states.push(state));
    const name = crypto.randomUUID();
    const [one, other] = [session.object<Probe>(`Probe/${name}`), session.object<Probe>(`Probe/${name}-2`)];
    equal(await Promise.all([one.increment(), other.increment(5), one.increment()]), [1, 5, 2]);
    equal(await session.call(`Probe/${name}`, "increment", [40]), 42);
    equal(session.state, "open");
    await session[Symbol.asyncDispose]();
    const closed = await failure(one.increment());
    equal([closed["code"], closed["executed"]], ["CLOSED", "no"]);
    equal(states, ["connecting", "open", "closed"]);
  },

  "time-outs and aborts": async (kit) => {
    const { within } = kit.api;
    await using probe = probeOf(kit, "late");
    const late = await failure(within(probe, { timeout: 50 }).wait());
    equal([late["code"], late["executed"]], ["TIMEOUT", "no"]);
    const giveUp = new AbortController();
    const waiting = within(probe, { signal: giveUp.signal }).wait();
    await probe.increment();
    giveUp.abort(new Error("enough"));
    const aborted = await failure(waiting);
    equal([aborted["code"], aborted["executed"]], ["ABORTED", "no"]);
    equal((aborted["error"] as Error).cause, giveUp.signal.reason);
    equal(await probe.wake("nobody"), false);
  },

  "calls that block": async (kit) => {
    const name = `Probe/${crypto.randomUUID()}`;
    await using waits = kit.api.openSession(kit.bootstrap);
    await using wakes = kit.api.openSession(kit.bootstrap);
    const [here, there] = [waits.object<Probe>(name), wakes.object<Probe>(name)];
    const woken = [here.wait(), here.wait()];
    // A later call of the same session is answered while they wait.
    equal(await here.increment(), 1);
    equal(await there.wake(new Map([["a", 1n]])), true);
    equal(await woken[0], new Map([["a", 1n]]));
    equal(await there.wake("second"), true);
    equal(await woken[1], "second");
    equal(await there.wake("nobody"), false);
  },

  "hold a lock": async (kit) => {
    const { connect, hold } = kit.api;
    const name = `Lock/${crypto.randomUUID()}`;
    await using lock = connect<Lock>(name, kit.bootstrap);
    await using other = connect<Lock>(name, kit.bootstrap);
    let first = 0;
    {
      await using held = await hold(lock);
      first = held.token;
      equal(await other.acquire(false), false);
    }
    await using again = await hold(other);
    equal(again.token > first, true);
  },

  "the leader is killed during 1,000 increments": async (kit) => {
    await using probe = probeOf(kit, "killed");
    await increments(probe, 1_000, 20, (answered) => (answered === 300 ? tell(kit, "kill") : undefined));
    equal(await probe.getvalue(), 1_000);
    await tell(kit, "restart");
  },

  "all connections are dropped, again and again": async (kit) => {
    const states: string[] = [];
    await using probe = probeOf(kit, "dropped");
    probe[kit.api.session].addEventListener("connection", ({ state }) => states.push(state));
    await increments(probe, 600, 10, (answered) => (answered % 100 === 50 ? tell(kit, "drop") : undefined));
    equal(await probe.getvalue(), 600);
    equal(states.slice(0, 4), ["connecting", "open", "lost", "open"]);
  },
};

/** Runs one case. @returns null, or what went wrong */
export async function run(name: string, kit: Kit): Promise<string | null> {
  try {
    const found = cases[name];
    if (found === undefined) throw new Error(`there is no case ${show(name)}`);
    await found(kit);
    return null;
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.stack}` : String(error);
  }
}
