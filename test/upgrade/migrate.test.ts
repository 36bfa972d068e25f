/** What becomes of the state of one object when its class changes. */
import { expect, test } from "vitest";
import type { Constructor } from "../../src/shared/object/registry.ts";
import { Log, shown } from "../object/machine.ts";
import { only, upgradeTo, versionOf } from "./versions.ts";

/** Calls `make` on an object of the old class. @returns what the new class has instead, or why there is nothing */
function over(
  from: Constructor,
  to: Constructor,
  nested: readonly [readonly Constructor[], readonly Constructor[]] = [[], []],
): object | string | undefined {
  const named = (list: readonly Constructor[]) => new Map(list.map((ctor) => [ctor.name, ctor]));
  const [old, young] = [
    versionOf(from, "Thing", "old", named(nested[0])),
    versionOf(to, "Thing", "new", named(nested[1])),
  ];
  const log = new Log(only(old));
  log.machine.hold([young]);
  expect(shown(log.call(log.open(), "Thing", "make"))).toEqual({ value: undefined });
  const problem = log.apply(upgradeTo([young])).upgraded?.problem;
  if (problem === null) expect([...log.machine.capture().pieces].length).toBeGreaterThan(0);
  return problem ?? log.machine.peek("Thing");
}

class Plain {
  [name: string]: unknown;
  make(): void {
    this["self"] = this;
    this["parts"] = new Map([["a", [this, 1n, new Date(5)]]]);
  }
}

test("what refers to the object refers to the new one, with and without migrate", () => {
  class Same extends Plain {}
  class Next extends Plain {
    static version = 2;
    static migrate(state: Record<string, unknown>) {
      state["more"] = 1;
      return state;
    }
  }
  for (const to of [Same, Next]) {
    const object = over(Plain, to) as Plain;
    expect(Object.getPrototypeOf(object)).toBe(to.prototype);
    expect(object["self"]).toBe(object);
    expect((object["parts"] as Map<string, unknown[]>).get("a")).toEqual([object, 1n, new Date(5)]);
  }
});

test("instances of other classes of the module become those of the new module", () => {
  class OldPart {
    n = 7;
  }
  class NewPart {
    n = 0;
    twice(): number {
      return 2 * this.n;
    }
  }
  Object.defineProperty(NewPart, "name", { value: "OldPart" });
  class From {
    parts: object[] = [];
    make(): void {
      this.parts = [new OldPart()];
    }
  }
  class To extends From {}
  const object = over(From, To, [[OldPart], [NewPart]]) as To;
  expect((object.parts[0] as NewPart).twice()).toBe(14);
  expect(over(From, To, [[OldPart], []])).toMatch(/^Thing\/main: .*class OldPart, which is not known here/);
});

test("toSnapshot of the old class, fromSnapshot of the new one, either or both", () => {
  class Hooked {
    static fromSnapshot(data: { n: number }): Hooked {
      const made = new Hooked();
      made.#n = data.n;
      return made;
    }
    #n = 1;
    make(): void {
      this.#n = 41;
    }
    toSnapshot() {
      return { n: this.#n };
    }
  }
  class Young {
    static fromSnapshot(data: { n: number }): Young {
      const made = new Young();
      made.#n = data.n;
      return made;
    }
    static version: number | undefined;
    #n = 1;
    make(): void {
      this.#n = 3;
    }
    toSnapshot() {
      return { n: this.#n };
    }
  }
  class Fields {
    n = 1;
    make(): void {
      this.n = 41;
    }
  }
  class Migrated extends Fields {
    static version = "b";
    static migrate = (state: { n: number }, from: unknown) => ({ n: state.n + 1, from });
  }
  expect((over(Hooked, Young) as Young).toSnapshot()).toEqual({ n: 41 });
  expect((over(Fields, Young) as Young).toSnapshot()).toEqual({ n: 41 });
  expect({ ...(over(Hooked, Fields) as Fields) }).toEqual({ n: 41 });
  expect({ ...(over(Hooked, Migrated) as Fields) }).toEqual({ n: 42, from: 0 });
  Young.version = 2;
  Reflect.set(Young, "migrate", (data: { n: number }) => ({ n: 2 * data.n }));
  expect((over(Hooked, Young) as Young).toSnapshot()).toEqual({ n: 82 });
  expect((over(Fields, Young) as Young).toSnapshot()).toEqual({ n: 82 });
});

test("frozen objects, and classes that are maps", () => {
  class Frozen {
    n = 1;
    make(): void {
      Object.freeze(this);
    }
  }
  class Thawed extends Frozen {
    static version = 2;
    static migrate = (state: { n: number }) => ({ n: state.n + 1 });
  }
  class Again extends Frozen {}
  expect(Object.isFrozen(over(Frozen, Again))).toBe(true);
  expect(over(Frozen, Thawed)).toEqual(Object.assign(new Thawed(), { n: 2 }));

  class Table extends Map<string, number> {
    make(): void {
      this.set("a", 1);
    }
  }
  class Sums extends Table {
    static version = 2;
    static migrate(state: Map<string, number>) {
      return state.set("b", 2);
    }
  }
  class Wrong extends Table {
    static version = 2;
    static migrate = () => new Map();
  }
  const sums = over(Table, Sums);
  expect(sums).toBeInstanceOf(Sums);
  expect([...(sums as Sums)].join()).toBe("a,1,b,2");
  expect(over(Table, Wrong)).toMatch(/must return what it was given/);
  expect(over(Table, Frozen)).toMatch(/another kind/);
});

test("what migrate must not give is told, and nothing changes", () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /must return an object of fields/],
    [7, /must return an object of fields/],
    [Promise.resolve({}), /must return an object of fields/],
  ];
  for (const [given, told] of wrong) {
    class Wrong extends Plain {
      static version = 1;
      static migrate = () => given;
    }
    expect(over(Plain, Wrong)).toMatch(told);
  }
  class Throws extends Plain {
    static version = 1;
    static migrate(): never {
      throw new TypeError("cannot");
    }
  }
  expect(over(Plain, Throws)).toBe("Thing/main: cannot");
  class Holds {
    f: unknown;
    make(): void {
      this.f = () => 1;
    }
  }
  expect(over(Holds, Plain)).toBe("Thing/main: field f is a function");
});

test("fields that are not there any more stay; new ones begin as in a new object", () => {
  class Before {
    old = 1;
    make(): void {
      this.old = 2;
    }
  }
  class After {
    young = [2];
    make(): void {
      this.young = [];
    }
  }
  class Migrated extends After {
    static version = 2;
    static migrate = (state: { old: number }) => ({ now: state.old });
  }
  expect({ ...(over(Before, After) as object) }).toEqual({ old: 2, young: [2] });
  expect({ ...(over(Before, Migrated) as object) }).toEqual({ now: 2, young: [2] });
});
