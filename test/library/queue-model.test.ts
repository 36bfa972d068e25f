/** Queue against a model: items, who waits for them, who waits for room, and how long. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { library, Rig } from "./rig.ts";

interface Waiter {
  readonly who: number;
  readonly of: number;
  readonly due: number;
  readonly item: number;
}

/** What Python's queue.Queue does, one call after the other, with lines instead of threads. */
class Model {
  readonly max: number;
  items: number[] = [];
  getting: Waiter[] = [];
  putting: Waiter[] = [];
  /** By "who of". */
  readonly answers = new Map<string, unknown>();

  constructor(max: number) {
    this.max = max;
  }

  put(waiter: Waiter, patient: boolean): void {
    const getter = this.getting.shift();
    if (getter !== undefined) this.answer(getter, waiter.item);
    else if (this.items.length < this.max) this.items.push(waiter.item);
    else if (patient) return void this.putting.push(waiter);
    else return this.answer(waiter, "Full");
    this.answer(waiter, undefined);
  }

  get(waiter: Waiter, patient: boolean): void {
    const item = this.items.shift();
    if (item === undefined) {
      if (patient) this.getting.push(waiter);
      else this.answer(waiter, "Empty");
      return;
    }
    this.answer(waiter, item);
    const putter = this.putting.shift();
    if (putter === undefined) return;
    this.items.push(putter.item);
    this.answer(putter, undefined);
  }

  pass(now: number): void {
    for (const waiter of this.getting) if (waiter.due <= now) this.answer(waiter, "Empty");
    for (const waiter of this.putting) if (waiter.due <= now) this.answer(waiter, "Full");
    this.drop((waiter) => waiter.due <= now);
  }

  drop(isGone: (waiter: Waiter) => boolean): void {
    this.getting = this.getting.filter((waiter) => !isGone(waiter));
    this.putting = this.putting.filter((waiter) => !isGone(waiter));
  }

  private answer({ who, of }: Waiter, told: unknown): void {
    this.answers.set(`${who} ${of}`, told);
  }
}

const step = fc.record({
  method: fc.constantFrom(
    "put",
    "put",
    "get",
    "get",
    "put_nowait",
    "get_nowait",
    "pass",
    "cancel",
    "restart",
  ),
  who: fc.nat(2),
  timeout: fc.constantFrom(-1, -1, 1, 2, 5),
  passes: fc.nat(3),
});

test("Queue against a model", async () => {
  const registry = await library("Queue");
  const property = fc.property(fc.nat(3), fc.array(step, { maxLength: 60 }), (size, list) => {
    const rig = new Rig(registry, "Queue");
    const maker = rig.client();
    const clients = [rig.client(), rig.client(), rig.client()];
    maker.call("__concoordinit__", size);
    const model = new Model(size === 0 ? Number.POSITIVE_INFINITY : size);
    for (const [item, { method, who, timeout, passes }] of list.entries()) {
      const client = clients[who];
      if (client === undefined) throw new Error("there are three");
      const due = timeout < 0 ? Number.POSITIVE_INFINITY : rig.log.at + timeout;
      const waiter = { who, of: client.last + 1, due, item };
      if (method === "pass") {
        rig.pass(passes);
        model.pass(rig.log.at);
      } else if (method === "restart") rig.restart();
      else if (method === "cancel") {
        client.cancel(client.last);
        model.drop((other) => other.who === who && other.of === client.last);
      } else if (method.startsWith("put")) {
        client.call(method, item, ...(method === "put" ? [true, timeout] : []));
        model.put(waiter, method === "put");
      } else {
        client.call(method, ...(method === "get" ? [true, timeout] : []));
        model.get(waiter, method === "get");
      }
      for (const [key, told] of model.answers) {
        const [whose = 0, of = 0] = key.split(" ").map(Number);
        expect(clients[whose]?.answer(of), key).toEqual(told);
      }
      expect(rig.log.machine.blockedCount).toBe(model.getting.length + model.putting.length);
      expect(maker.call("qsize")).toBe(model.items.length);
    }
  });
  fc.assert(property, { numRuns: 300 });
});
