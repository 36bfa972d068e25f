/** What locks, conditions and semaphores do, as simply as it can be said: lists that are searched. */

export interface Party {
  readonly session: number;
  readonly holder: string;
}

/** A call that was made, in the model. `answer`: as the script shows it, "token" for any token. */
export interface Call extends Party {
  readonly id: number;
  answer: string;
  deadline: number;
}

interface Claim {
  readonly call: Call;
  readonly levels: number;
  readonly answer: string;
}

const same = (a: Party, b: Party) => a.session === b.session && a.holder === b.holder;
const notOwner = "NOT_OWNER RuntimeError";

export class LockModel {
  owner: Party | null = null;
  levels = 0;
  queue: Claim[] = [];
  sleepers: Claim[] = [];
  readonly reentrant: boolean;

  constructor(reentrant: boolean) {
    this.reentrant = reentrant;
  }

  private give({ call, levels, answer }: Claim): void {
    this.owner = call;
    this.levels = levels;
    call.answer = answer;
    call.deadline = Number.POSITIVE_INFINITY;
  }

  private next(): void {
    this.owner = null;
    const first = this.queue.shift();
    if (first !== undefined) this.give(first);
  }

  acquire(call: Call, timeout: number): void {
    const claim = { call, levels: 1, answer: "token" };
    if (this.owner === null) return this.give(claim);
    if (this.reentrant && same(this.owner, call)) {
      this.levels++;
      call.answer = "token";
    } else if (timeout === 0) call.answer = "false";
    else this.queue.push(claim);
  }

  private owns(call: Call): boolean {
    const owns = this.owner !== null && same(this.owner, call);
    if (!owns) call.answer = notOwner;
    return owns;
  }

  release(call: Call): void {
    if (!this.owns(call)) return;
    call.answer = "undefined";
    if (--this.levels === 0) this.next();
  }

  revoke(call: Call): void {
    call.answer = String(this.owner !== null);
    if (this.owner !== null) this.next();
  }

  wait(call: Call, timeout: number): void {
    if (!this.owns(call)) return;
    const sleeper = { call, levels: this.levels, answer: "true" };
    this.next();
    if (timeout === 0) this.back(sleeper);
    else this.sleepers.push(sleeper);
  }

  private back({ call, levels }: Claim): void {
    const claim = { call, levels, answer: "false" };
    if (this.owner === null) this.give(claim);
    else this.queue.push(claim);
  }

  notify(call: Call, n: number): void {
    if (!this.owns(call)) return;
    call.answer = "undefined";
    this.queue.push(...this.sleepers.splice(0, n));
  }

  expire(call: Call): void {
    const sleeper = this.sleepers.find((claim) => claim.call === call);
    if (sleeper !== undefined) {
      this.sleepers = this.sleepers.filter((claim) => claim !== sleeper);
      return this.back(sleeper);
    }
    const claim = this.queue.find((c) => c.call === call);
    if (claim?.answer !== "token") return;
    this.cancel(call);
    call.answer = "false";
  }

  cancel(call: Call): void {
    this.queue = this.queue.filter((claim) => claim.call !== call);
    this.sleepers = this.sleepers.filter((claim) => claim.call !== call);
  }

  end(session: number): void {
    this.queue = this.queue.filter(({ call }) => call.session !== session);
    this.sleepers = this.sleepers.filter(({ call }) => call.session !== session);
    if (this.owner?.session === session) this.next();
  }

  state(): unknown {
    return this.owner !== null;
  }
}

export class SemaphoreModel {
  value: number;
  readonly bound: number;
  queue: Call[] = [];
  /** Every permit that somebody has, in the order in which they were taken. */
  taken: Party[] = [];

  constructor(value: number, bounded: boolean) {
    this.value = value;
    this.bound = bounded ? value : Number.POSITIVE_INFINITY;
  }

  acquire(call: Call, timeout: number): void {
    if (this.value > 0) {
      this.value--;
      this.give(call);
    } else if (timeout === 0) call.answer = "false";
    else this.queue.push(call);
  }

  private give(call: Call): void {
    this.taken.push(call);
    call.answer = "true";
    call.deadline = Number.POSITIVE_INFINITY;
  }

  release(call: Call, n: number): void {
    const named = call.holder !== "";
    if (n < 1) call.answer = "VALUE_ERROR ValueError";
    else if (named && this.taken.filter((party) => same(party, call)).length < n) call.answer = notOwner;
    else if (this.value + n > this.bound) call.answer = "VALUE_ERROR ValueError";
    else {
      call.answer = "undefined";
      for (let i = 0; i < n; i++) this.giveBack(call, named);
      this.free(n);
    }
  }

  /** One's own; without a name else one of the session that has had some for longest. */
  private giveBack(call: Call, named: boolean): void {
    const { taken } = this;
    const isOwn = taken.some((party) => same(party, call));
    const from = isOwn || named ? call : taken.find(({ holder }) => holder === "");
    const at = from === undefined ? -1 : taken.findLastIndex((party) => same(party, from));
    if (at >= 0) taken.splice(at, 1);
  }

  private free(n: number): void {
    for (let left = n; left > 0; left--) {
      const first = this.queue.shift();
      if (first === undefined) this.value++;
      else this.give(first);
    }
  }

  expire(call: Call): void {
    this.cancel(call);
    call.answer = "false";
  }

  cancel(call: Call): void {
    this.queue = this.queue.filter((waiting) => waiting !== call);
  }

  end(session: number): void {
    this.queue = this.queue.filter((call) => call.session !== session);
    const rest = this.taken.filter((party) => party.session !== session);
    const n = Math.min(this.taken.length - rest.length, this.bound - this.value);
    this.taken = rest;
    this.free(n);
  }

  state(): unknown {
    return this.value;
  }
}
