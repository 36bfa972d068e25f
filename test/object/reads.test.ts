/** Declared reads of a state machine: what only the log can run, whose call it is, that nothing agreed on changes. */
import { expect, test } from "vitest";
import { invocation } from "../../src/shared/object/invocation.ts";
import { asksForPrivate, describe as describeClass } from "../../src/shared/object/registry.ts";
import { created, Log, registryOf, shown } from "./machine.ts";
import { caught, type Read, run } from "./membrane-rig.ts";

class Secret {
  readonly #n = 7;
  get n(): number {
    return this.#n;
  }
  static is(thing: object): boolean {
    return #n in thing;
  }
}

const unfit: Readonly<Record<string, Read>> = {
  "calls a function in a field": (s) => s.callback(),
  "calls a function in a field, and catches": caught((s) => s.callback()),
  "reads all fields": (s) => ({ ...s }),
  "moves the place in an expression": (s) => s.place.test("b"),
  "uses an extended built-in": (s) => s.special.get("k"),
  "looks at a buffer": (s) => new Uint8Array(s.buffer),
  "looks at the buffer of bytes": (s) => new Uint8Array(s.bytes.buffer),
  "calls a built-in by hand": (s) => Map.prototype.get.call(s.map, "k"),
  "clones by the platform": (s) => structuredClone(s.nested),
  "needs a deep stack": (s) => {
    const down = (n: number): number => n + (s.n === 1 ? down(n + 1) : 0);
    return down(0);
  },
};

test.each(Object.entries(unfit))(
  "a read that %s goes through the log, and has changed nothing",
  (_, read) => {
    const { outcome, state } = run(read);
    expect(outcome).toBe("STALE_CLASS no");
    expect(state.n).toBe(1);
  },
);

test("a class with private members has no reads of its own", () => {
  class Vault {
    static reads = ["get"];
    secret = new Secret();
    get(): number {
      return this.secret.n;
    }
  }
  class Hidden {
    static reads = ["get"];
    #n = 1;
    get(): number {
      return this.#n++;
    }
  }
  class Derived extends Hidden {}
  class Talks {
    static reads = ["get"];
    /** Not this.#n. */
    get(): string {
      return "this.#n";
    }
  }
  expect([Hidden, Derived, Talks].map((c) => describeClass(c).reads)).toEqual([[], [], ["get"]]);
  const log = new Log(registryOf(Vault));
  const session = log.open();
  const call = { object: "Vault/main", method: "get", args: [] };
  expect(log.machine.read([call], session, 1).map(shown)).toEqual(["STALE_CLASS no"]);
  expect(shown(log.call(session, "Vault/main", "get"))).toEqual({ value: 7 });
  expect(Secret.is(new Secret())).toBe(true);
  expect(["a.#b", "#b in a", "// #b in a", '"#b in a"', "a #1 in"].map(asksForPrivate)).toEqual([
    false,
    true,
    false,
    false,
    false,
  ]);
});

class Clock {
  static reads = ["now", "dice", "who", "count"];
  made = Date.now();
  count(): number {
    return this.made;
  }
  touch(): void {
    this.made = 0;
  }
  now(): number {
    return Date.now();
  }
  dice(): number[] {
    return [Math.random(), invocation().random()];
  }
  who(): unknown {
    const { session, seq, index, slot, user, now, logTime } = invocation();
    return { session, seq, index, slot, user, now, logTime };
  }
}

const of = (method: string) => ({ object: "Clock", method, args: [] });

test("a read sees the agreed time of the last slot, dice of its own, and whose call it is", () => {
  const log = new Log(registryOf(Clock));
  const session = log.open();
  log.call(session, "Clock/main", "touch");
  const { machine } = log;
  const [now, dice, again, who] = machine.read([of("now"), of("dice"), of("dice"), of("who")], session, 5);
  expect(shown(now)).toEqual({ value: log.wall });
  expect(shown(dice)).not.toEqual(shown(again));
  expect(machine.read([of("now"), of("dice")], session, 5).map(shown)).toEqual([now, dice].map(shown));
  expect(machine.read([of("now"), of("dice")], session, 6).map(shown)).not.toEqual([now, dice].map(shown));
  const index = created * 2 ** 20;
  const slot = machine.executed;
  expect(shown(who)).toEqual({
    value: { session, seq: 0, index, slot, user: null, now: log.wall, logTime: log.at },
  });
  expect(Date.now()).toBeGreaterThan(log.wall);
});

test("an object that no call has made is read as it would begin, and not made", () => {
  const log = new Log(registryOf(Clock));
  const session = log.open();
  const { digest } = log.machine;
  expect(log.machine.read([of("count")], session, 1).map(shown)).toEqual([{ value: log.wall }]);
  expect(log.machine.objects()).toEqual([]);
  expect(log.machine.digest).toBe(digest);
});

test("what the class does not declare is no read", () => {
  const log = new Log(registryOf(Clock));
  const session = log.open();
  const calls = [
    of("touch"),
    of("none"),
    { object: "Other/x", method: "now", args: [] },
    of("__concoordinit__"),
  ];
  expect(log.machine.read(calls, session, 1).map(shown)).toEqual(Array(4).fill("STALE_CLASS no"));
});

test("a read costs what it looks at, however much there is", () => {
  class Big {
    static reads = ["one"];
    list = Array.from({ length: 1_000_000 }, (_, i) => ({ i }));
    map = new Map(this.list.map((item) => [item.i, item]));
    fill(): void {
      this.list.length = 1_000_000;
    }
    one(i: number): number {
      return (this.list[i]?.i ?? 0) + (this.map.get(i)?.i ?? 0);
    }
  }
  const log = new Log(registryOf(Big));
  const session = log.open();
  log.call(session, "Big/main", "fill");
  const calls = Array.from({ length: 1_000 }, (_, i) => ({ object: "Big/main", method: "one", args: [i] }));
  const before = performance.now();
  expect(shown(log.machine.read(calls, session, 1)[7])).toEqual({ value: 14 });
  // Looking at everything once takes longer than this for each of the thousand.
  expect(performance.now() - before).toBeLessThan(1_000);
});
