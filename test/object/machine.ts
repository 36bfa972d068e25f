/** A state machine with a log that tests write by hand. */
import { Counter } from "../../src/shared/object/library/counter.ts";
import {
  type Constructor,
  classInfos,
  describe,
  makeRegistry,
  type Registry,
} from "../../src/shared/object/registry.ts";
import { type Applied, StateMachine } from "../../src/shared/object/state-machine.ts";
import {
  type Answer,
  type Call,
  type Command,
  type Outcome,
  type SessionId,
  seq,
} from "../../src/shared/object/types.ts";
import { joinBatch } from "../../src/shared/paxos/batch.ts";
import { clusterId, logTime, nodeId, wallMillis } from "../../src/shared/paxos/ids.ts";
import { next, slot, WINDOW } from "../../src/shared/paxos/slot.ts";
import type { Proposal, Stamp } from "../../src/shared/paxos/types.ts";
import type { Genesis } from "../../src/shared/paxos/view.ts";
import { decodeError, decodeValue, encodeCalls, objectCodec } from "../../src/shared/wire/values.ts";

const founder = nodeId("00000000000000aa");
export const created = 1_700_000_000;
export const genesis: Genesis = {
  cluster: clusterId("0123456789abcdef0123456789abcdef"),
  window: WINDOW,
  created,
  view: {
    number: 1,
    first: slot(1),
    members: [{ id: founder, role: "replica", addr: "127.0.0.1:1", domain: "", groups: [], away: false }],
  },
};

export function registryOf(...classes: readonly Constructor[]): Registry {
  return makeRegistry(classes.map((ctor) => describe(ctor)));
}

export function secret(n: number): string {
  return n.toString(16).padStart(64, "0");
}

/** The commands by hand; `at` and `wall` are the clocks of the next proposals. */
export class Log {
  readonly machine: StateMachine;
  at = 1_000;
  wall = 1_700_000_000_000;
  seed = 7;

  /** @param founded whether slot 1 says which classes are served, as in every cluster */
  constructor(registry: Registry = registryOf(Counter), founded = true) {
    this.machine = new StateMachine({ genesis, registry, codec: objectCodec });
    if (founded) this.apply({ type: "found", classes: classInfos(registry) });
  }

  proposal(commands: readonly Command[], more: Partial<Stamp> = {}): Proposal {
    const { wall, seed } = this;
    const stamp: Stamp = {
      logTime: logTime(this.at),
      wall: wallMillis(wall),
      seed,
      first: false,
      ...more,
    };
    return { stamp, change: null, body: joinBatch(commands.map((c) => objectCodec.encodeCommand(c))) };
  }

  apply(...commands: readonly Command[]): Applied {
    return this.machine.apply(next(this.machine.executed), this.proposal(commands));
  }

  raw(proposal: Proposal): Applied {
    return this.machine.apply(next(this.machine.executed), proposal);
  }

  open(n = 1, ttl = 10_000): SessionId {
    const [opened] = this.apply(open(n, ttl)).opened;
    if (opened === undefined) throw new Error("not opened");
    return opened.session;
  }

  /** Calls one method as the session's next call. */
  call(session: SessionId, object: string, method: string, ...args: unknown[]): Outcome {
    const from = this.machine.session(session)?.next ?? seq(1);
    const applied = this.apply(calls(session, from, [{ object, method, args }], from - 1));
    const answer = applied.answers.find((found) => found.session === session && found.seq === from);
    if (answer === undefined) throw new Error("not answered");
    return answer.outcome;
  }
}

export function open(n: number, ttl = 10_000): Command {
  return { type: "open", secretHash: secret(n), ttl, user: null };
}

export function calls(
  session: SessionId,
  first: number,
  list: readonly Call[],
  acked = 0,
  late: readonly number[] = [],
): Command {
  return {
    type: "calls",
    session,
    firstSeq: seq(first),
    n: list.length,
    ackedSeq: seq(acked),
    ackedLate: late.map(seq),
    payload: encodeCalls(list),
  };
}

export function increments(session: SessionId, first: number, n: number, acked = 0): Command {
  const call: Call = { object: "Counter/main", method: "increment", args: [] };
  return calls(session, first, Array<Call>(n).fill(call), acked);
}

export function cancel(session: SessionId, ...seqs: readonly number[]): Command {
  return { type: "cancel", session, seqs: seqs.map(seq) };
}

/** Session, seq and outcome of each answer. That a call had blocked, which is said before its answer, is left out. */
export function told(answers: readonly Answer[]): readonly unknown[] {
  const isRepeated = ({ session, seq: of, outcome }: Answer, i: number) =>
    outcome.type === "blocked" && answers[i + 1]?.session === session && answers[i + 1]?.seq === of;
  return answers
    .filter((answer, i) => !isRepeated(answer, i))
    .map((answer) => [answer.session, answer.seq, shown(answer.outcome)]);
}

/** An outcome in a form that is easy to compare. */
export function shown(outcome: Outcome | null | undefined): unknown {
  if (outcome === null || outcome === undefined) return null;
  if (outcome.type === "returned") return { value: decodeValue(outcome.value) };
  if (outcome.type === "threw") return { error: decodeError(outcome.error) };
  if (outcome.type === "refused") return `${outcome.code} ${outcome.executed}`;
  return outcome.type;
}
