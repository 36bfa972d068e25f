/** Long queues: like an array, at the same cost whatever their length, also for those who wait in them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Blocked, block, resume, type Ticket, Tickets } from "../../src/shared/object/index.ts";
import { makeTicket } from "../../src/shared/object/ticket.ts";
import { type Command, type SessionId, seq, sessionId } from "../../src/shared/object/types.ts";
import { snapshotOf } from "./keeper.ts";
import { calls, cancel, Log, registryOf, secret, shown } from "./machine.ts";

const ticket = (n: number): Ticket => makeTicket(sessionId(`${(n % 3) + 1}.0`), n);

describe("Tickets", () => {
  test("does what an array does", () => {
    const step = fc.tuple(fc.constantFrom("push", "unshift", "shift", "pop", "delete", "clear"), fc.nat(12));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tickets = new Tickets();
        let array: Ticket[] = [];
        const at = (t: Ticket) => array.findIndex((other) => other.seq === t.seq);
        for (const [what, n] of steps) {
          const t = ticket(n);
          if (what === "clear" && n === 0) {
            tickets.clear();
            array = [];
          } else if (what === "push" || what === "unshift") {
            if (at(t) < 0) array[what](t);
            expect(tickets[what](t)).toBe(array.length);
          } else if (what === "shift" || what === "pop") expect(tickets[what]()).toEqual(array[what]());
          else if (what === "delete") {
            expect(tickets.delete(t)).toBe(at(t) >= 0);
            array = array.filter((other) => other.seq !== n);
          }
          expect([...tickets]).toEqual(array);
          expect(tickets.length).toBe(array.length);
          expect([tickets.indexOf(t), tickets.has(t)]).toEqual([at(t), at(t) >= 0]);
        }
      }),
    );
  });

  test("begins with what it is given", () => {
    expect([...new Tickets([ticket(1), ticket(2), ticket(1)])]).toEqual([ticket(1), ticket(2)]);
    expect([...new Tickets([ticket(3)])]).toEqual([ticket(3)]);
  });
});

/** Of sessions that nobody hears from, in ms. */
const ttl = 80_000_000;

class Desk {
  busy = false;
  readonly waiting = new Tickets<number>();
  served = 0;
  enter(after?: number): number | Blocked<number> {
    if (this.busy)
      return after === undefined ? block(this.waiting) : block(this.waiting, { after, then: -1 });
    this.busy = true;
    return ++this.served;
  }
  leave(): boolean {
    this.busy = resume(this.waiting, ++this.served);
    return this.busy;
  }
  queued(): number {
    return this.waiting.length;
  }
}

/** As many calls as wait, of as few sessions as may be. */
function crowd(n: number): Log {
  const log = new Log(registryOf(Desk));
  const host = log.open(0, ttl);
  log.call(host, "Desk", "enter");
  const enter = { object: "Desk/main", method: "enter", args: [] };
  for (let s = 1; n > 0; s++) {
    const session = log.open(s, ttl);
    for (let first = 1; first <= 1_000 && n > 0; first += 100, n -= 100)
      log.apply(calls(session, first, Array(Math.min(n, 100)).fill(enter), first - 1));
  }
  return log;
}

function host(log: Log): SessionId {
  return log.machine.sessionByHash(secret(0)) as SessionId;
}

/** Milliseconds of the median hand-over: one leaves, one comes. */
function handOver(log: Log): number {
  const session = host(log);
  const both = ["leave", "enter"].map((method) => ({ object: "Desk/main", method, args: [] }));
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const from = Number(log.machine.session(session)?.next);
    const proposal = log.proposal([calls(session, from, both, from - 1)]);
    const start = process.hrtime.bigint();
    log.raw(proposal);
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return times.sort((a, b) => a - b)[150] as number;
}

describe("very many that wait", () => {
  test("a hand-over among 60,000 costs what one among 100 does", () => {
    handOver(crowd(100));
    const few = handOver(crowd(100));
    const log = crowd(60_000);
    const many = handOver(log);
    expect(log.machine.blockedCount).toBe(60_000);
    // Generous, since tests run beside one another: a copy of the line would cost a hundred times as much.
    expect(many).toBeLessThan(8 * few + 0.2);
  });

  test("all are there after a restore, byte by byte, and go on in their order", () => {
    const log = crowd(3_000);
    const bytes = snapshotOf(log.machine);
    const other = new Log(registryOf(Desk), false);
    other.machine.restore(bytes);
    expect(snapshotOf(other.machine)).toEqual(bytes);
    other.at = log.at;
    for (let i = 0; i < 10; i++)
      expect(other.call(host(log), "Desk", "leave")).toEqual(log.call(host(log), "Desk", "leave"));
    expect(snapshotOf(other.machine)).toEqual(snapshotOf(log.machine));
  });

  test("dead tickets do not gather while nobody is resumed", () => {
    const log = new Log(registryOf(Desk));
    const [a, b] = [log.open(1, ttl), log.open(2, ttl)];
    log.call(a, "Desk", "enter");
    for (let s = 1; s <= 5_000; s++) {
      log.apply(calls(b, s, [{ object: "Desk/main", method: "enter", args: [100] }], s - 1, [s - 1]));
      const quit: Command = cancel(b, s);
      if (s % 2 === 0) log.apply(quit);
      else log.at += 100;
    }
    expect(log.machine.blockedCount).toBe(0);
    expect(Number((shown(log.call(a, "Desk", "queued")) as { value: number }).value)).toBeLessThan(1_000);
    expect(shown(log.call(a, "Desk", "leave"))).toEqual({ value: false });
    expect(shown(log.machine.outcomeOf(b, seq(4_999)))).toBeNull();
    expect(shown(log.machine.outcomeOf(b, seq(5_000)))).toBe("NOT_EXECUTED no");
  });
});
