/**
 * What several client processes do with one object, as lines of text, so that a table of them reads as what a manual
 * says. A line is `step: what is expected`; without the latter a call returns nothing.
 *
 *   a acquire true 50: token    client a calls acquire(true, 50); answers: a value, "CODE Name" of an error, or
 *                               `token` for one above all before, `same` for the newest again
 *   b acquire: blocked          it is executed and waits, as the cluster says
 *   b acquire: sent             nobody looks what becomes of it for now
 *   b1 locked: true             any digit behind the letter names another call of client b
 *   b?: true                    what the call named b was answered, `blocked` if it still waits
 *   b?: false, not before 50    the same, with the least number of milliseconds that it took
 *   b?: true, within 2000       the same, with the greatest since the last kill
 *   answers a b c: 0 1 2        those of several calls, sorted; each token is `token`
 *   pass 50                     lets log time pass
 *   end a                       client a closes its session
 *   abort b                     it gives up this call
 *   anew a 1000                 client a opens another session, with this time to live in milliseconds
 *   kill a                      its process, with SIGKILL
 *   kill leader, kill replicas  the leader, or all replicas, with SIGKILL
 *   run                         starts the replicas again that are down
 */
import { expect } from "vitest";
import { until } from "../process/processes.ts";
import type { Made } from "./client-process.ts";
import type { Rig } from "./rig.ts";

const ttl = 10_000;
const blockedMillis = 15_000;

export class Play {
  /** What took how long since the last kill, in ms, where a line said how long it may take. */
  readonly measured: number[] = [];
  private killedAt = 0;
  private readonly rig: Rig;
  private readonly object: string;
  /** By name. */
  private readonly calls = new Map<string, Made>();
  /** All that may still be answered. */
  private readonly open = new Map<Made, string>();
  private token = 0;

  constructor(rig: Rig, className: string) {
    this.rig = rig;
    this.object = rig.fresh(className);
  }

  async lines(texts: readonly string[]): Promise<void> {
    const letters = new Set(texts.flatMap((text) => /^([a-z])\d? /.exec(text)?.[1] ?? []));
    await Promise.all([...letters].map((letter) => this.rig.client(letter).open(ttl)));
    for (const text of texts) await this.line(text);
  }

  /** Ends all sessions. */
  async end(): Promise<void> {
    await this.rig.closeAll();
    this.open.clear();
  }

  /** Whoever waited is gone with its session. */
  async nobodyWaits(): Promise<void> {
    await until("nobody waits", blockedMillis, async () => (await this.rig.blocked()) === 0 || undefined);
  }

  /** The call of this name. */
  made(name: string): Made {
    const made = this.calls.get(name);
    if (made === undefined) throw new Error(`no call is named ${name}`);
    return made;
  }

  private async line(text: string): Promise<void> {
    const [step = "", expected = "undefined"] = text.split(": ");
    const [first = "", second = "", ...rest] = step.split(" ");
    if (first === "answers") return this.sorted([second, ...rest], expected, text);
    if (await this.isDone(first, second, rest[0])) return;
    const look = first.endsWith("?");
    const made = look ? this.made(first.slice(0, -1)) : await this.call(first, second, rest);
    if (expected === "blocked") return this.waits(made, text);
    if (expected === "sent") return;
    const [wanted = "", how = ""] = expected.split(", ");
    this.compare(await made.answered(), wanted, text);
    this.compareTime(made, how, text);
  }

  private compareTime(made: Made, how: string, text: string): void {
    const millis = Number(how.split(" ").at(-1));
    // The client's clock is not the leader's.
    if (how.startsWith("not before ")) expect(made.millis, text).toBeGreaterThan(millis - 2);
    if (!how.startsWith("within ")) return;
    const took = made.heardAt - this.killedAt;
    this.measured.push(Math.round(took));
    expect(took, text).toBeLessThanOrEqual(millis);
  }

  private compare(answer: string, wanted: string, text: string): void {
    if (wanted === "token") {
      expect(answer, text).toMatch(/^\d+$/);
      expect(Number(answer), text).toBeGreaterThan(this.token);
      this.token = Number(answer);
    } else expect(answer, text).toBe(wanted === "same" ? String(this.token) : wanted);
  }

  /** @returns false when the line is a call, or about one */
  private async isDone(verb: string, who: string, what = ""): Promise<boolean> {
    if (verb === "pass") await this.rig.pass(Number(who));
    else if (verb === "end") await this.leave(who, () => this.rig.client(who).close());
    else if (verb === "abort") this.rig.client(who.slice(0, 1)).abort(this.made(who));
    else if (verb === "anew") await this.leave(who, () => this.rig.client(who).anew(Number(what)));
    else if (verb === "run") await this.runAll();
    else if (verb === "kill") await this.kill(who);
    else return false;
    return true;
  }

  private async kill(who: string): Promise<void> {
    const { cluster } = this.rig;
    const leader = who === "leader" ? await cluster.leader() : -1;
    this.killedAt = performance.now();
    if (who === "leader") await cluster.kill(leader);
    else if (who === "replicas") await Promise.all(cluster.replicas.map((_, i) => cluster.kill(i)));
    else await this.leave(who, () => this.rig.kill(who));
  }

  private async runAll(): Promise<void> {
    const { cluster } = this.rig;
    const down = [...cluster.replicas.entries()].filter(([, { process }]) => process === null);
    await Promise.all(down.map(([i]) => cluster.run(i)));
  }

  /** Nobody hears any more what the calls of this client answer. */
  private async leave(who: string, how: () => Promise<void>): Promise<void> {
    await how();
    for (const [made, name] of this.open) if (name.startsWith(who)) this.open.delete(made);
  }

  private async call(name: string, method: string, args: readonly string[]): Promise<Made> {
    const client = this.rig.client(name.slice(0, 1));
    await client.open(ttl);
    const made = client.call(this.object, method, args);
    this.calls.set(name, made);
    this.open.set(made, name);
    return made;
  }

  /** When as many calls are blocked as are not answered, each of them is. */
  private async waits(made: Made, text: string): Promise<void> {
    await until(text, blockedMillis, async () => {
      expect(made.answer, text).toBeNull();
      const blocked = await this.rig.blocked();
      const unanswered = [...this.open.keys()].filter(({ answer }) => answer === null);
      return (unanswered.length === blocked && unanswered.includes(made)) || undefined;
    });
  }

  private async sorted(names: readonly string[], expected: string, text: string): Promise<void> {
    const answers = await Promise.all(names.map((name) => this.made(name).answered()));
    const isToken = expected.includes("token");
    const shown = answers.map((answer) => (isToken && /^\d+$/.test(answer) ? "token" : answer));
    expect(shown.toSorted().join(" "), text).toBe(expected);
  }
}
