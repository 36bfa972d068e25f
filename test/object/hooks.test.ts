/** Classes that tell their state by toSnapshot, and what private members mean for a snapshot. */
import { describe, expect, test } from "vitest";
import { invocation } from "../../src/shared/object/invocation.ts";
import { privateMembers } from "../../src/shared/object/private-members.ts";
import { expectSame, joined, keeping, problemsOf, revived, snapshotOf } from "./keeper.ts";
import { Log, registryOf } from "./machine.ts";

class Queue {
  #items: unknown[] = [];
  made = "by hand";
  add(item: unknown): this {
    this.#items.push(item);
    return this;
  }
  items(): readonly unknown[] {
    return this.#items;
  }
  toSnapshot(): unknown {
    return { items: this.#items };
  }
  static fromSnapshot(data: { items: readonly unknown[] }): Queue {
    const queue = new Queue();
    for (const item of data.items) queue.add(item);
    return queue;
  }
}

class Half {
  toSnapshot(): unknown {
    return 1;
  }
}
class Turned {
  toSnapshot(): unknown {
    return 1;
  }
  static fromSnapshot(): unknown {
    return {};
  }
}
class Loop {
  toSnapshot(): unknown {
    return [this];
  }
  static fromSnapshot(): Loop {
    return new Loop();
  }
}
class Failing {
  toSnapshot(): unknown {
    throw new Error("not now");
  }
  static fromSnapshot(): Failing {
    return new Failing();
  }
}
class Dated {
  told: unknown = null;
  toSnapshot(): unknown {
    const { slot, now, logTime, session } = invocation();
    return [Date.now(), Math.random(), slot, now, logTime, session, performance.now()];
  }
  static fromSnapshot(told: unknown): Dated {
    return Object.assign(new Dated(), { told: [told, Math.random()] });
  }
}

describe("toSnapshot and fromSnapshot", () => {
  test("stand for the fields, and what is shared stays shared", () => {
    const job = { n: 1 };
    const inner = new Queue().add(job);
    const outer = new Queue().add(inner).add(job);
    const back = revived({ outer, job, list: [outer], inner }, Queue);
    expect(back.outer).toBeInstanceOf(Queue);
    expect(back.outer.items()).toEqual([back.inner, { n: 1 }]);
    expect(back.outer.items()[0]).toBe(back.inner);
    expect(back.inner.items()[0]).toBe(back.job);
    expect(back.list[0]).toBe(back.outer);
  });

  test("what fromSnapshot is given is whole, but for what holds the object itself", () => {
    const deep = { list: [new Map([["k", { late: [1, 2, 3] }]])] };
    const back = revived({ first: [deep], queue: new Queue().add(deep) }, Queue);
    expect(back.queue.items()[0]).toBe(back.first[0]);
    const parent: { queue: Queue | null } = { queue: null };
    parent.queue = new Queue().add(parent);
    const revivedParent = revived(parent, Queue);
    expect(revivedParent.queue?.items()[0]).toBe(revivedParent);
  });

  test("of the object of the cluster itself", () => {
    const log = new Log(registryOf(Queue));
    const session = log.open();
    log.call(session, "Queue/main", "add", { n: 5 });
    const bytes = snapshotOf(log.machine);
    log.machine.restore(bytes);
    const queue = log.machine.peek("Queue/main") as Queue;
    expect(queue.items()).toEqual([{ n: 5 }]);
    expect(snapshotOf(log.machine)).toEqual(bytes);
  });

  test("30,000 of them within one another", () => {
    let queue = new Queue();
    for (let i = 0; i < 30_000; i++) queue = new Queue().add(queue);
    let depth = 0;
    for (let at: unknown = revived(queue, Queue); at instanceof Queue; at = at.items()[0]) depth++;
    expect(depth).toBe(30_001);
  });

  test("time and chance are agreed, and those of the process come back", () => {
    const { random } = Math;
    const [a, b] = [keeping([new Dated(), new Dated()], Dated), keeping([new Dated(), new Dated()], Dated)];
    const bytes = snapshotOf(a.machine);
    expect(snapshotOf(b.machine)).toEqual(bytes);
    expect(Math.random).toBe(random);
    a.machine.restore(bytes);
    b.machine.restore(bytes);
    expect(Math.random).toBe(random);
    const told = Reflect.get(a.machine.peek("Keeper/main") ?? {}, "value");
    expect(Reflect.get(b.machine.peek("Keeper/main") ?? {}, "value")).toEqual(told);
    const [[one], [two]] = told.map((dated: Dated) => dated.told);
    expect(one.slice(2)).toEqual([a.machine.executed, a.wall, a.at, "1.0", a.at]);
    expect(one[0]).toBe(a.wall);
    expect(one[1]).not.toBe(two[1]);
  });

  test("between two pieces the process has its own clock", () => {
    const { random } = Math;
    const { pieces } = keeping(["x".repeat(3_000_000), new Dated()], Dated).machine.capture();
    let n = 0;
    for (const _ of pieces) {
      expect(Math.random).toBe(random);
      n++;
    }
    expect(n).toBeGreaterThan(10);
  });

  test.each<readonly [string, () => unknown]>([
    ["value is of class Half, which has toSnapshot, but no static fromSnapshot", () => new Half()],
    ["value.toSnapshot()[0] is the object itself, which toSnapshot must not give", () => new Loop()],
    ["value.toSnapshot() cannot be read: not now", () => new Failing()],
    ["value.toSnapshot().items[0] is a function", () => new Queue().add(Number.isNaN)],
  ])("%s", (problem, make) => {
    expect(problemsOf(make(), Half, Loop, Failing, Queue)[0]).toContain(`Keeper/main: field ${problem}`);
  });

  test("a fromSnapshot that gives something else", () => {
    const { machine } = keeping(new Turned(), Turned);
    const bytes = joined(machine.capture().pieces);
    expect(() => machine.restore(bytes)).toThrow("what Turned.fromSnapshot gave is no Turned");
    expect(Reflect.get(machine.peek("Keeper/main") ?? {}, "value")).toBeInstanceOf(Turned);
  });
});

describe("private members", () => {
  class Base {
    #n = 1;
    n(): number {
      return this.#n;
    }
  }

  class Fixed {
    static #n = 1;
    static #go(): number {
      return Fixed.#n;
    }
    go(): number {
      return Fixed.#go();
    }
  }

  test.each<readonly [string, new () => object, boolean, boolean]>([
    [
      "none",
      class {
        n = "#a = 1"; /* #b; */
        go(o: unknown): unknown {
          return [o, /#c;/, `#d ${this.n}`];
        }
      },
      false,
      false,
    ],
    [
      "a field",
      class {
        #n;
        constructor() {
          this.#n = 1;
        }
        go(): number {
          return this.#n;
        }
      },
      true,
      false,
    ],
    [
      "a method",
      class {
        #go(): number {
          return 1;
        }
        go(): number {
          return this.#go();
        }
      },
      false,
      true,
    ],
    [
      "an accessor",
      class {
        get #v(): number {
          return 1;
        }
        go(): number {
          return this.#v;
        }
      },
      false,
      true,
    ],
    ["a static one", Fixed, false, false],
    [
      "a question",
      class {
        #n = 1;
        static is(o: object): boolean {
          return #n in o;
        }
      },
      true,
      false,
    ],
    ["that of its base", class extends Base {}, true, false],
  ])("%s", (_, ctor, fields, methods) => {
    expect(privateMembers(ctor)).toEqual({ fields, methods });
  });

  test("an object of the cluster may have private methods, but no private fields", () => {
    class Helped {
      n = 1;
      #twice(): number {
        return 2 * this.n;
      }
      double(): number {
        this.n = this.#twice();
        return this.n;
      }
    }
    const log = new Log(registryOf(Helped, Base));
    const session = log.open();
    log.call(session, "Helped/main", "double");
    log.machine.restore(snapshotOf(log.machine));
    expect(log.machine.peek("Helped/main")).toEqual({ n: 2 });
    const seq = log.machine.session(session)?.next;
    expect(seq).toBe(2);
    expect(log.call(session, "Helped/main", "double")).toMatchObject({ type: "returned" });
    expect(log.machine.peek("Helped/main")).toEqual({ n: 4 });
    log.call(session, "Base/main", "n");
    const { pieces, problems } = log.machine.capture();
    expect([...pieces].length).toBe(1);
    expect(problems[0]).toContain("Base/main: it is of class Base, which has #private members");
  });

  test("values beside them are taken", () => {
    expectSame([1, { a: 2 }]);
  });
});
