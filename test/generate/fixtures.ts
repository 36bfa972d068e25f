/** Modules with all that a proxy may be made of; the proxy must do without them. */

export const jobs = `/** Jobs, by kind. */
import type { Stats } from "node:fs";
import type { Blocked, SessionId } from "./api.ts";
import { Base } from "./base.ts";
import { Level, type Named as N } from "./parts.ts";
export type { Named } from "./parts.ts";

const kinds = ["small", "large"] as const;
type Kind = (typeof kinds)[number];

/** What is to be done. */
export interface Job<T> extends N {
  readonly kind: Kind;
  /** How urgent. */
  readonly level: Level;
  data: T;
  then?: Job<T>[];
}

export class Place {
  /** The street. */
  street = "";
  readonly number: number | null = null;
  #secret = 1;
  private hidden = 1;
  constructor(readonly city: string = "") {}
  move(): void {
    this.street = String(this.#secret + this.hidden);
  }
}

type Found<T> = T extends readonly (infer U)[] ? { [K in keyof U]: U[K] } : never;

/** Keeps jobs. */
export class Jobs<T extends object = object> extends Base<Job<T>> {
  static reads = ["size", "first"] satisfies readonly string[];
  static version = 2;
  private jobs: Job<T>[] = [];
  protected max = 10;

  /**
   * @param max how many
   *   jobs there may be
   */
  constructor(max = 10, { name }: N = { name: "" }) {
    super();
    this.max = max + name.length;
  }

  /** Adds one. */
  add(job: Job<T>, at?: Date, ...more: readonly Job<T>[]): number {
    return this.jobs.push(job, ...more) + (at?.getTime() ?? 0);
  }
  /** By its number. */
  find(key: number): Job<T> | null;
  /** By its name. */
  find(key: string, strict?: boolean): readonly Job<T>[];
  find(key: number | string, strict = true): Job<T> | null | readonly Job<T>[] {
    return typeof key === "number" && strict ? null : this.jobs;
  }
  first<K extends keyof Job<T>>(key: K): Found<Job<T>[K][]> | Blocked<Job<T>[K]> {
    throw new Error(String(key));
  }
  wait(): (true) | Blocked<true | "late"> {
    return true;
  }
  call(by = 1, invoke: string, Options?: Map<string, { a: 1; b: Stats }>): asserts invoke {
    this.max += by + Number(Options?.size);
  }
  place(this: Jobs<T>, of: Place): Place {
    return of;
  }
  who(session: SessionId): \`user-\${string}\` | undefined {
    return \`user-\${session}\`;
  }
  isLarge(kind: unknown): kind is "large" {
    return kind === "large";
  }
  plain(by = 1, text = "a") {
    return this.max > by;
  }
  nothing() {}
  size() {
    return this.max;
  }
  "odd name"(): void {}
  aMethodWithAVeryLongNameThatTakesManyParameters(first: string, second: readonly Job<T>[], third?: number): void {}
  _hidden(): void {}
  private secret(): void {}
  protected guarded(): void {}
  static helper(): void {}
  get length(): number {
    return 1;
  }
  onSessionEnd(): void {}
  toString(): string {
    return "";
  }
  [Symbol.iterator](): void {}
  #own(): void {}
}

export abstract class Shape {
  abstract area(): number;
}
export class Mistake extends RangeError {}
`;

export const api = `export type { Blocked, SessionId } from "concoord/object";\n`;

export const base = `
export class Base<U> extends Root<U, string> {
  protected last: U | null = null;
  /** The last one. */
  newest(): U | null {
    return this.last;
  }
  first(): void {}
}
class Root<A, B = number> {
  pair(a: A, b: B): [A, B] {
    return [a, b];
  }
}
`;

export const parts = `
export enum Level {
  Low,
  High = 5,
  /** The end. */
  Highest,
  Other = "other",
}
export interface Named {
  readonly name: string;
}
`;

/** A program with the proxy: it compiles, and is refused where it says so. */
export const user = `
import { flush, local, session, type Session, within } from "concoord";
import { type Job, Jobs, Level, type Place } from "./jobsproxy.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function check<_ extends true>(): void {}

export async function use(): Promise<void> {
  const jobs = new Jobs<{ id: number }>("127.0.0.1:14000", { name: "mine", timeout: 100 });
  const job: Job<{ id: number }> = { name: "a", kind: "small", level: Level.High, data: { id: 1 } };
  check<Equal<Awaited<ReturnType<typeof jobs.wait>>, true | "late">>();
  check<Equal<Awaited<ReturnType<typeof jobs.newest>>, Job<{ id: number }> | null>>();
  const n: number = await jobs.add(job, new Date(), job);
  const one: Job<{ id: number }> | null = await jobs.find(1);
  const some: readonly Job<{ id: number }>[] = await jobs.find("a", true);
  const name = await jobs.first("name");
  const data: string | { id: number } = await jobs.first("data");
  const place: Place = await jobs.place({ street: "", number: 1, city: "" });
  const large: boolean = await jobs.isLarge("large");
  const more: boolean = await jobs.plain();
  const size: number = await jobs[local].size();
  const [a, b]: [Job<{ id: number }>, string] = await jobs.pair(job, "b");
  await jobs.nothing();
  await jobs["odd name"]();
  await jobs.call(undefined, "x");
  await jobs.__concoordinit__(3, { name: "" });
  await within(jobs, { timeout: 5 }).size();
  const s: Session = jobs[session];
  await jobs[flush]();
  await jobs[Symbol.asyncDispose]();
  // @ts-expect-error a name that is no number and no text
  await jobs.find(true);
  // @ts-expect-error not a declared read
  await jobs[local].nothing();
  // @ts-expect-error left out
  await jobs.secret();
  // @ts-expect-error another type of job
  await jobs.add({ ...job, data: 1 });
  void [n, one, some, name, data, place, large, more, size, a, b, s];
}
`;
