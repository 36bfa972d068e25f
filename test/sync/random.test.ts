/** Random sequences of calls, cancels, ends of sessions, time and restarts, against the models. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BoundedSemaphore } from "../../src/shared/object/library/boundedsemaphore.ts";
import { Condition } from "../../src/shared/object/library/condition.ts";
import { Lock } from "../../src/shared/object/library/lock.ts";
import { RLock } from "../../src/shared/object/library/rlock.ts";
import { Semaphore } from "../../src/shared/object/library/semaphore.ts";
import type { Constructor } from "../../src/shared/object/registry.ts";
import type { SessionId } from "../../src/shared/object/types.ts";
import { type Call, LockModel, type Party, SemaphoreModel } from "./model.ts";
import { type Made, Scene } from "./scene.ts";

interface Step {
  readonly kind: string;
  readonly who: number;
  readonly holder: string;
  readonly timeout: number;
  readonly n: number;
}

const parties = 4;
const usual = [
  "acquire",
  "acquire",
  "acquire",
  "release",
  "owner release",
  "owner release",
  "pass",
  "cancel",
];
usual.push("end", "restart");

/** A kind that begins with "owner" is done by who may: by chance it would be refused nearly always. */
function steps(...kinds: readonly string[]) {
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom(...kinds, ...usual),
    who: fc.nat(parties - 1),
    holder: fc.constantFrom("", "", "x"),
    timeout: fc.constantFrom(-1, -1, 0, 5, 20),
    n: fc.constantFrom(0, 1, 1, 2),
  });
  return fc.array(step, { maxLength: 60, size: "max" });
}

/** Both, step by step. */
class Pair {
  readonly scene: Scene;
  private readonly model: LockModel | SemaphoreModel;
  private readonly calls: { readonly call: Call; readonly made: Made }[] = [];
  private readonly sessions: SessionId[];
  /** The number of each session in the model: a new one after an end. */
  private readonly numbers: number[];
  private made = 0;
  private newest = 0;
  private owner: Party | null = null;

  constructor(ctor: Constructor, model: LockModel | SemaphoreModel, built: readonly unknown[]) {
    this.scene = new Scene(ctor);
    this.model = model;
    this.sessions = Array.from({ length: parties }, () => this.scene.open());
    this.numbers = this.sessions.map((_, i) => i);
    this.scene.call(this.sessions[0] as SessionId, "__concoordinit__", ...built);
  }

  run(step: Step): void {
    if (step.kind === "restart") this.scene.restart();
    else if (step.kind === "pass") this.pass(step.n * 10 + 1);
    else if (step.kind === "end") this.end(step.who);
    else if (step.kind === "cancel") this.cancel(step.who);
    else this.call(step.kind.startsWith("owner ") ? this.byOwner(step) : step);
    this.compare();
  }

  private byOwner(step: Step): Step {
    const { model } = this;
    const owner = model instanceof LockModel ? model.owner : (model.taken[step.who] ?? null);
    const kind = step.kind.slice("owner ".length);
    if (owner === null) return { ...step, kind };
    return { ...step, kind, who: this.numbers.indexOf(owner.session), holder: owner.holder };
  }

  private call({ kind, who, holder, timeout, n }: Step): void {
    const { model, scene } = this;
    const deadline = timeout > 0 ? scene.log.at + timeout : Number.POSITIVE_INFINITY;
    const session = this.numbers[who] as number;
    const call: Call = { id: this.made++, session, holder, deadline, answer: "blocked" };
    const args =
      model instanceof LockModel
        ? onLock(model, call, kind, timeout, n)
        : onSemaphore(model, call, kind, timeout, n);
    this.calls.push({ call, made: scene.call(this.sessions[who] as SessionId, kind, ...args) });
  }

  private pass(ms: number): void {
    const until = this.scene.log.at + ms;
    const due = this.waiting().filter(({ call }) => call.deadline <= until);
    due.sort(({ call: a }, { call: b }) => a.deadline - b.deadline || a.session - b.session || a.id - b.id);
    for (const { call } of due) if (call.answer === "blocked") this.expire(call);
    this.scene.pass(ms);
  }

  private expire(call: Call): void {
    if (call.deadline === Number.POSITIVE_INFINITY) return;
    call.deadline = Number.POSITIVE_INFINITY;
    this.model.expire(call);
  }

  private waiting() {
    return this.calls.filter(({ call }) => call.answer === "blocked");
  }

  private cancel(nth: number): void {
    const found = this.waiting()[nth];
    if (found === undefined) return;
    this.model.cancel(found.call);
    found.call.answer = "NOT_EXECUTED";
    this.scene.cancel(found.made);
  }

  private end(who: number): void {
    const number = this.numbers[who] as number;
    this.model.end(number);
    for (const { call, made } of this.waiting().filter((w) => w.call.session === number)) {
      call.answer = "gone";
      made.answer = "gone";
    }
    this.scene.end(this.sessions[who] as SessionId);
    this.sessions[who] = this.scene.open();
    this.numbers[who] = Math.max(...this.numbers) + 1;
  }

  /** Every call has been answered alike; tokens rise; who asks is told the same. */
  private compare(): void {
    const { model } = this;
    const ask = (method: string) => this.scene.read(this.sessions[0] as SessionId, method);
    if (model instanceof LockModel) this.rise(model, ask("token") as number);
    expect(ask(model instanceof LockModel ? "locked" : "value")).toBe(model.state());
    for (const { call, made } of this.calls.splice(0)) {
      const isToken = typeof made.answer === "number";
      expect(isToken ? "token" : String(made.answer)).toBe(call.answer);
      if (isToken && model instanceof LockModel && model.owner === call)
        expect(made.answer).toBe(ask("token"));
      if (call.answer === "blocked") this.calls.push({ call, made });
    }
  }

  /** The owner changes with each grant, also to the same party. */
  private rise({ owner }: LockModel, token: number): void {
    if (owner === null) expect(token).toBe(0);
    else if (owner === this.owner) expect(token).toBe(this.newest);
    else expect(token).toBeGreaterThan(this.newest);
    this.owner = owner;
    if (owner !== null) this.newest = token;
  }
}

function onLock(model: LockModel, call: Call, kind: string, timeout: number, n: number): readonly unknown[] {
  const { holder } = call;
  switch (kind) {
    case "acquire":
      model.acquire(call, timeout);
      return [true, timeout, holder];
    case "wait":
      model.wait(call, timeout);
      return [timeout, holder];
    case "notify":
      model.notify(call, n);
      return [n, holder];
    case "revoke":
      model.revoke(call);
      return [];
    default:
      model.release(call);
      return [holder];
  }
}

function onSemaphore(model: SemaphoreModel, call: Call, kind: string, timeout: number, n: number) {
  if (kind === "acquire") model.acquire(call, timeout);
  else model.release(call, n);
  return kind === "acquire" ? [true, timeout, call.holder] : [n, call.holder];
}

type Maker = () => LockModel | SemaphoreModel;

const kinds: readonly (readonly [Constructor, Maker, readonly unknown[], readonly string[]])[] = [
  [Lock, () => new LockModel(false), [], ["revoke"]],
  [RLock, () => new LockModel(true), [], ["revoke"]],
  [Condition, () => new LockModel(true), [], ["wait", "owner wait", "owner wait", "owner notify", "revoke"]],
  [Semaphore, () => new SemaphoreModel(2, false), [2], []],
  [BoundedSemaphore, () => new SemaphoreModel(2, true), [2], []],
];

describe("random sequences", () => {
  test.each(kinds)("%o does what its model does", (ctor, model, built, more) => {
    fc.assert(
      fc.property(steps(...more), (list) => {
        const pair = new Pair(ctor, model(), built);
        for (const step of list) pair.run(step);
      }),
      { numRuns: 200 },
    );
  });
});
