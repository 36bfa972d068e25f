/** Objects of the library on a state machine, loaded by the names of the command line, as a node loads them. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { expect } from "vitest";
import { loadObjects } from "../../src/node/load/load.ts";
import type { Registry } from "../../src/shared/object/registry.ts";
import type { SessionId } from "../../src/shared/object/types.ts";
import { joined } from "../object/keeper.ts";
import { calls, cancel, Log, secret, shown } from "../object/machine.ts";

const here = dirname(fileURLToPath(import.meta.url));

/** Classes of the library, each from the module of its name. */
export function library(...classes: readonly string[]): Promise<Registry> {
  return loadObjects(
    classes.map((name) => `concoord.object.${name.toLowerCase()}.${name}`),
    here,
  );
}

/** One client: a session of its own. */
export class Client {
  readonly session: SessionId;
  private readonly rig: Rig;
  private sent = 0;

  constructor(rig: Rig, session: SessionId) {
    this.rig = rig;
    this.session = session;
  }

  /** Calls a method. @returns its value, "blocked", or an error as "Name CODE" */
  call(method: string, ...args: readonly unknown[]): unknown {
    const of = ++this.sent;
    this.rig.take(
      this.rig.log.apply(calls(this.session, of, [{ object: this.rig.object, method, args }], 0)),
    );
    return this.answer(of);
  }

  /** The number of the call made last. */
  get last(): number {
    return this.sent;
  }

  /** What became of a call by now. */
  answer(of: number): unknown {
    const key = `${this.session} ${of}`;
    return this.rig.answers.has(key) ? this.rig.answers.get(key) : "blocked";
  }

  cancel(of: number): void {
    this.rig.take(this.rig.log.apply(cancel(this.session, of)));
  }

  close(): void {
    this.rig.take(this.rig.log.apply({ type: "close", session: this.session }));
  }
}

type Applied = ReturnType<Log["apply"]>;

export class Rig {
  log: Log;
  readonly object: string;
  /** What clients were told, by session and seq. */
  readonly answers = new Map<string, unknown>();
  private readonly registry: Registry;
  private opened = 0;

  /** @param object its class, or "Class/name" */
  constructor(registry: Registry, object: string) {
    this.registry = registry;
    this.object = object.includes("/") ? object : `${object}/main`;
    this.log = new Log(registry);
  }

  client(ttl = 1_000_000): Client {
    return new Client(this, this.log.open(++this.opened, ttl));
  }

  take({ answers }: Applied): void {
    for (const { session, seq: of, outcome } of answers) {
      const told = tell(shown(outcome));
      if (told === "blocked") continue;
      const key = `${session} ${of}`;
      // A cancel of an answered call repeats its answer.
      if (this.answers.has(key)) expect(told, `${key} has one answer`).toEqual(this.answers.get(key));
      this.answers.set(key, told);
    }
  }

  /** Lets log time pass, by a slot without commands. */
  pass(millis: number): void {
    this.log.at += millis;
    this.log.wall += millis;
    this.take(this.log.apply());
  }

  /** A declared read, answered without the log. */
  read(method: string, ...args: readonly unknown[]): unknown {
    const { machine } = this.log;
    const session = machine.sessionByHash(secret(1));
    if (session === null) throw new Error("nobody reads");
    const [outcome] = machine.read([{ object: this.object, method, args }], session, 1);
    return tell(shown(outcome));
  }

  /** Goes on from a snapshot, as a replica that was started again. */
  restart(): void {
    const { machine, at, wall } = this.log;
    const { pieces, problems } = machine.capture();
    const bytes = joined(pieces);
    expect(problems).toEqual([]);
    const log = new Log(this.registry, false);
    log.machine.restore(bytes);
    expect(Buffer.compare(joined(log.machine.capture().pieces), bytes)).toBe(0);
    log.at = at;
    log.wall = wall;
    this.log = log;
  }

  /** The object itself, to look at. */
  get state(): object {
    const found = this.log.machine.peek(this.object);
    if (found === undefined) throw new Error(`nobody has made ${this.object}`);
    return found;
  }
}

/** An outcome as tables write it: the value, "Name CODE" of an error, "CODE executed" of a refusal. */
function tell(outcome: unknown): unknown {
  if (typeof outcome !== "object" || outcome === null) return outcome;
  if ("value" in outcome) return outcome.value;
  if (!("error" in outcome)) return outcome;
  const { name, code } = outcome.error as { readonly name: string; readonly code: string | null };
  return code === null ? name : `${name} ${code}`;
}

/** One call of a table: method, arguments, what it answers. */
export type Step = readonly [method: string, args: readonly unknown[], answer: unknown];

/** Runs a table of calls of one client; `restarting` makes every call meet an object from a snapshot. */
export function follow(
  registry: Registry,
  object: string,
  steps: readonly Step[],
  restarting: boolean,
): void {
  const rig = new Rig(registry, object);
  const client = rig.client();
  const reads = registry.get(object)?.reads ?? [];
  for (const [i, [method, args, answer]] of steps.entries()) {
    const what = `${i}: ${method}(${inspect(args)})`;
    // A declared read must say the same without the log, where the object is there already.
    if (reads.includes(method) && i > 0) expect(rig.read(method, ...args), `read ${what}`).toEqual(answer);
    expect(client.call(method, ...args), what).toEqual(answer);
    if (restarting) rig.restart();
  }
}
