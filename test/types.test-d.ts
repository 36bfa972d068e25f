/** The types of proxies, checked by the compiler alone: this file is never run. */
import {
  type Answer,
  type Blocked,
  type Calls,
  ConcoordError,
  connect,
  flush,
  local,
  type Methods,
  openSession,
  type Reads,
  type Remote,
  type RemoteOf,
  type Session,
  session,
  within,
} from "../src/node/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function check<T extends true>(): T;

class Counter {
  value = 0;
  static reads = ["getvalue"] satisfies Reads<Counter>;
  readonly #secret = 1;
  constructor(start = 0) {
    this.value = start + this.#secret - 1;
  }
  increment(by = 1): number {
    this.value += by;
    return this.value;
  }
  getvalue(): number {
    return this.value;
  }
  first<T>(list: readonly T[]): T | undefined {
    return list[0];
  }
  _hidden(): void {
    this.value = 0;
  }
  toString(): string {
    return "";
  }
  onSessionEnd(): void {
    this.value = 0;
  }
}

class Semaphore {
  declare private readonly wait: Blocked<true>;
  acquire(): true | Blocked<true> {
    return this.wait;
  }
  release(): boolean {
    return true;
  }
}

class NeedsArguments {
  readonly n: number;
  constructor(n: number) {
    this.n = n;
  }
}

check<Equal<Methods<Counter>, "increment" | "getvalue" | "first">>();
check<Equal<Answer<true | Blocked<true>>, true>>();
check<Equal<Answer<Blocked<number> | false>, number | false>>();
check<Equal<ReturnType<Calls<Semaphore>["acquire"]>, Promise<true>>>();
check<Equal<Calls<Counter, "getvalue">["increment"], never>>();
check<Equal<RemoteOf<typeof Counter>[typeof local], Calls<Counter, "getvalue">>>();
check<Equal<RemoteOf<typeof Semaphore>[typeof local]["release"], never>>();
check<Equal<Remote<Counter, "first">[typeof local]["getvalue"], never>>();
check<Equal<Parameters<RemoteOf<typeof Counter>["__concoordinit__"]>, [start?: number | undefined]>>();

export async function program(signal: AbortSignal): Promise<void> {
  await using counter = connect(Counter, "127.0.0.1:14000", {
    signal,
    timeout: 500,
    proxy: 2,
    name: "visits",
  });
  const n: number = await counter.increment();
  await counter.increment(n);
  const [one, two]: [number, number] = await Promise.all([
    counter.getvalue(),
    within(counter, { signal }).increment(),
  ]);
  await counter.__concoordinit__(one + two);
  await counter[flush]();

  const read: number = await counter[local].getvalue();
  const late: number = await within(counter, { timeout: read })[local].getvalue();
  // @ts-expect-error what the class does not declare as a read is not called locally
  await counter[local].increment(late);
  // @ts-expect-error a local view has no other members
  counter[local].__concoordinit__;

  // @ts-expect-error arguments are checked
  await counter.increment("1");
  // @ts-expect-error a proxy has methods, not fields
  counter.value;
  // @ts-expect-error the answer is a promise
  const notYet: number = counter.getvalue();
  // @ts-expect-error names with a leading _ cannot be called from outside
  await counter._hidden(notYet);
  // @ts-expect-error hooks cannot be called from outside
  await counter.onSessionEnd();
  // @ts-expect-error a proxy cannot be awaited by mistake: it has no then
  counter.then;
  // @ts-expect-error the constructor takes a number
  await counter.__concoordinit__("1");
  // @ts-expect-error the class must be constructible without arguments
  connect(NeedsArguments);
  // @ts-expect-error there are four kinds of proxy
  connect(Counter, "", { proxy: 4 });

  const typed: Remote<Counter> = connect<Counter>("Counter/visits");
  await typed.increment(1);
  // Without the class all methods look like reads; the replicas decide.
  await typed[local].increment(1);

  const s: Session = typed[session];
  s.addEventListener("connection", (e) => {
    const state: "connecting" | "open" | "lost" | "closed" = e.state;
    // @ts-expect-error there is no such state
    const wrong: "away" = e.state;
    return [state, wrong];
  });
  s.addEventListener("sessionlost", () => undefined, { once: true });
  const target: EventTarget = s;
  const disposable: AsyncDisposable = typed;

  await using many = openSession("127.0.0.1:14000", { token: "t" });
  const acquired: true = await many.object(Semaphore, "gate").acquire();
  await many.object<Counter>("Counter").increment();
  const visits: number = await many.object(Counter, "visits")[local].getvalue();
  // @ts-expect-error nor here
  await many.object(Counter, "visits")[local].increment(visits);
  const dynamic: unknown = await many.call("Counter/visits", "increment", [], { timeout: 100 });

  try {
    await counter.increment();
  } catch (error) {
    if (!(error instanceof ConcoordError)) throw error;
    const executed: "no" | "unknown" | "yes" = error.executed;
    // @ts-expect-error the list of codes is closed
    if (error.code === "OTHER") throw error;
    if (error.code === "TIMEOUT" && error.retryable) throw new Error(executed);
  }
  throw new Error(String([target, disposable, acquired, dynamic]));
}

export const reads: Reads<Counter> = ["getvalue"];
// @ts-expect-error a read is a method of the class
export const wrongReads: Reads<Counter> = ["missing"];
