/** Objects that block, for tests. */
import { DClass, onCancel } from "../../src/shared/object/d-class.ts";
import {
  type Blocked,
  block,
  invocation,
  resume,
  type SessionId,
  type Ticket,
  Tickets,
} from "../../src/shared/object/index.ts";

/** Blocks as it is told to, and keeps what its hooks heard. */
export class Gate {
  static reads = ["peek"];
  waiting: Ticket<unknown>[] = [];
  heard: unknown[] = [];
  kept: Ticket<unknown> | null = null;

  wait(after?: number, then?: unknown): Blocked<unknown> {
    return after === undefined ? block(this.waiting) : block(this.waiting, { after, then });
  }
  waitOrFail(after: number): Blocked<unknown> {
    return block(this.waiting, { after, then: new RangeError("too late") });
  }
  open(answer?: unknown): boolean {
    return resume(this.waiting, answer);
  }
  openBadly(): boolean {
    return resume(this.waiting, Object.assign(new TypeError("bad"), { code: "E_BAD", n: 1 }));
  }
  openWithFunction(): boolean {
    return resume(this.waiting, () => 1);
  }
  openWithMuch(): boolean {
    return resume(this.waiting, "x".repeat(2 * 1024 * 1024));
  }
  /** The same ticket, again and again. */
  keep(): boolean {
    this.kept = this.waiting[0] ?? null;
    return this.kept !== null;
  }
  openKept(answer: unknown): boolean {
    return this.kept !== null && resume(this.kept, answer);
  }
  openThat(session: SessionId, seq: number): boolean {
    return resume({ session, seq }, "that");
  }
  keepsItToItself(): string {
    block(this.waiting);
    return "not what block gave";
  }
  wraps(): object {
    return { answer: block(this.waiting) };
  }
  blocksAndThrows(): never {
    block(this.waiting);
    throw new RangeError("thrown");
  }
  blocksTwice(): Blocked<unknown> {
    block(this.waiting);
    return block(this.waiting);
  }
  blocksOnce(): Blocked<unknown> {
    const sign = block(this.waiting);
    try {
      block(this.waiting);
    } catch {
      this.heard.push("twice");
    }
    return sign;
  }
  opensItself(): unknown {
    const sign = block(this.waiting);
    resume(this.waiting, "myself");
    return sign;
  }
  getterBlocks(): object {
    const gate = this;
    return {
      get sign() {
        return block(gate.waiting);
      },
    };
  }
  /** A declared read. */
  peek(how: string): unknown {
    if (how === "block") return block(this.waiting);
    if (how === "fresh") return block([]);
    if (how === "catch") return attempt(() => block([]));
    if (how === "resume") return resume(this.waiting, 1);
    if (how === "ticket") return resume({ session: invocation().session, seq: 1 }, 1);
    return this.waiting.length;
  }
}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return "caught";
  }
}

/** Gives in its hooks what nobody took. */
export class Hooked extends Gate {
  onDeadline(ticket: Ticket): void {
    const { session, seq, now, random } = invocation();
    this.heard.push(["deadline", ticket.session, ticket.seq, session, seq, now, random() < 1]);
    if (this.kept !== null && this.kept.seq === ticket.seq) resume(this.kept, "from the hook");
    if (this.heard.length > 8) throw new Error("enough");
  }
  onSessionEnd(session: SessionId): void {
    const { session: about, seq } = invocation();
    this.heard.push(["end", session, about, seq]);
    resume(this.waiting, "left");
  }
  tryToBlock(): void {
    this.heard.push("armed");
  }
}

export class DGate extends DClass {
  readonly waiting = new Tickets<unknown>();
  readonly heard: unknown[] = [];
  onSessionEnd(session: SessionId): void {
    this.heard.push(["end", session]);
  }
  onDeadline(ticket: Ticket): void {
    this.waiting.delete(ticket);
    this.heard.push(["deadline", ticket.seq]);
    if (ticket.seq > 100) block(this.waiting);
  }
  [onCancel](ticket: Ticket): void {
    this.waiting.delete(ticket);
    this.heard.push(["cancel", ticket.seq]);
  }
}

/** D-classes as fields: from the beginning, made later, and where nobody looks for them. */
export class House {
  readonly door = new DGate();
  again = this.door;
  later: DGate | null = null;
  rooms: DGate[] = [];
  wait(after?: number): Blocked<unknown> {
    return after === undefined ? block(this.door.waiting) : block(this.door.waiting, { after, then: "late" });
  }
  open(answer: unknown): boolean {
    return resume(this.door.waiting, answer);
  }
  build(): void {
    this.later = new DGate();
    this.rooms.push(new DGate());
  }
}

/** Holds no D-class until it is told to. */
export class Plot {
  house: DGate | null = null;
  build(): void {
    this.house = new DGate();
  }
  look(): number {
    return this.house?.heard.length ?? -1;
  }
}
