/** Several programs that share one object, on a state machine whose log and clock the test writes. */
import type { Constructor } from "../../src/shared/object/registry.ts";
import { type Answer, type Outcome, type SessionId, seq } from "../../src/shared/object/types.ts";
import { decodeError, decodeValue } from "../../src/shared/wire/values.ts";
import { calls, cancel, Log, open, registryOf } from "../object/machine.ts";

/** A day: no session ends unless a test wants it. */
const ttl = 86_400_000;

/** An answer in a form that is easy to compare: a value, "CODE Name" of an error, or "blocked". */
export function short(outcome: Outcome): unknown {
  if (outcome.type === "returned") return outcome.value.length === 0 ? undefined : decodeValue(outcome.value);
  if (outcome.type === "threw") {
    const { code, name } = decodeError(outcome.error);
    return `${code} ${name}`;
  }
  return outcome.type === "refused" ? outcome.code : outcome.type;
}

/** A call whose answer may come later. */
export interface Made {
  readonly session: SessionId;
  readonly seq: number;
  answer: unknown;
}

export class Scene {
  readonly log: Log;
  readonly object: string;
  private readonly made = new Map<string, Made>();
  private readonly late = new Map<SessionId, number[]>();
  private opened = 0;

  constructor(ctor: Constructor, others: readonly Constructor[] = []) {
    this.log = new Log(registryOf(ctor, ...others));
    this.object = `${ctor.name}/main`;
  }

  open(): SessionId {
    const [opened] = this.log.apply(open(++this.opened, ttl)).opened;
    if (opened === undefined) throw new Error("not opened");
    return opened.session;
  }

  call(session: SessionId, method: string, ...args: readonly unknown[]): Made {
    const s = this.log.machine.session(session)?.next ?? seq(1);
    const made: Made = { session, seq: s, answer: "nothing" };
    this.made.set(`${session} ${s}`, made);
    const late = this.late.get(session) ?? [];
    this.late.delete(session);
    const call = { object: this.object, method, args };
    this.take(this.log.apply(calls(session, s, [call], s - 1, late)).answers);
    return made;
  }

  private take(answers: readonly Answer[]): void {
    for (const { session, seq: s, outcome } of answers) {
      const made = this.made.get(`${session} ${s}`);
      if (made === undefined) throw new Error("an answer to nobody");
      if (made.answer !== "nothing" && made.answer !== "blocked") throw new Error("answered twice");
      if (made.answer === "blocked") this.late.set(session, [...(this.late.get(session) ?? []), s]);
      made.answer = short(outcome);
    }
  }

  read(session: SessionId, method: string, ...args: readonly unknown[]): unknown {
    const [outcome] = this.log.machine.read([{ object: this.object, method, args }], session, 1);
    return outcome === undefined ? undefined : short(outcome);
  }

  /** Lets log time pass. */
  pass(ms: number): void {
    this.log.at += ms;
    this.take(this.log.apply().answers);
  }

  end(...sessions: readonly SessionId[]): void {
    this.take(this.log.apply(...sessions.map((session) => ({ type: "close", session }) as const)).answers);
  }

  cancel(made: Made): void {
    this.take(this.log.apply(cancel(made.session, made.seq)).answers);
  }

  /** Goes on from a snapshot, as a replica that starts does. */
  restart(): void {
    const pieces = [...this.log.machine.capture().pieces].map((piece) => Uint8Array.from(piece));
    this.log.machine.restore(Buffer.concat(pieces));
  }
}
