/**
 * Keeps a domain in Amazon Route 53 as the newest view says, for ever: one call at a time, only the newest view waits,
 * and a failure is tried again later. What is there is asked at the start, and again whenever it is not certain: a
 * removal must name the very values. It decides when to call and what failures mean; the caller signs and sends.
 */
import { reasonCharsMax } from "../limits.ts";
import { route53PagesMax, route53WaitMillisMax } from "../name-limits.ts";
import { labels, type Name } from "./name.ts";
import type { DnsRecord } from "./record.ts";
import {
  type ApiAnswer,
  type ApiRequest,
  afterChanges,
  batchesOf,
  changeRequest,
  changesOf,
  type ListPage,
  listRequest,
  listStart,
  readChanged,
  readError,
  readList,
  readZones,
  type Start,
  zonesRequest,
} from "./route53.ts";
import { type RecordSet, recordSetsOf, route53Name } from "./route53-records.ts";
import { BadXml } from "./route53-xml.ts";

/** The machine on which it runs: the real one in adapters, a played one in tests. */
export interface Route53Runtime {
  /** Signs, sends and reads. Rejects when there is no answer; its errors hold no secret. */
  call(request: ApiRequest): Promise<ApiAnswer>;
  /** Calls back once after so many milliseconds, unless the function that it returns is called before. */
  wait(millis: number, run: () => void): () => void;
  /** From 0 to below 1. */
  random(): number;
}

export interface Route53Status {
  /** The newest view that Route 53 took, or null. */
  readonly published: number | null;
  /** The view that is on its way, or null when there is nothing to do. */
  readonly waiting: number | null;
  /** Why the last call failed, for people; null when it did not. */
  readonly problem: string | null;
}

export interface Route53Settings {
  readonly domain: Name;
  /** The id of the hosted zone, or null: it is looked up by the domain's name, then by its parents'. */
  readonly zoneId: string | null;
  readonly runtime: Route53Runtime;
  /** Told whenever the status is another one. */
  readonly changed: (status: Route53Status) => void;
}

/**
 * - `busy`: Route 53 did nothing, and says so.
 * - `unknown`: whether anything was done is not known, or what is there is not what was thought.
 * - `refused`: it will not get better soon without people.
 */
type Kind = "busy" | "unknown" | "refused";

class Trouble extends Error {
  override readonly name = "Trouble";
  readonly kind: Kind;
  constructor(kind: Kind, message: string) {
    super(message);
    this.kind = kind;
  }
}

interface Target {
  readonly view: number;
  readonly sets: readonly RecordSet[];
}

const firstWaitMillis = 500;
const busyCodes = ["Throttling", "ThrottlingException", "PriorRequestNotComplete"];
const credentialCodes = [
  "AccessDenied",
  "AccessDeniedException",
  "ExpiredToken",
  "IncompleteSignature",
  "InvalidClientTokenId",
  "MissingAuthenticationToken",
  "SignatureDoesNotMatch",
];

export class Route53Publisher {
  private readonly settings: Route53Settings;
  private zoneId: string | null;
  /** What is there, or null when it must be asked. */
  private there: readonly RecordSet[] | null = null;
  private newest: number | null = null;
  private waiting: Target | null = null;
  private published: number | null = null;
  private problem: string | null = null;
  private failures = 0;
  private working = false;
  private stopped = false;
  private wake: () => void = () => undefined;

  constructor(settings: Route53Settings) {
    this.settings = settings;
    this.zoneId = settings.zoneId;
  }

  get status(): Route53Status {
    return {
      published: this.published,
      waiting: this.waiting?.view ?? null,
      problem: this.problem,
    };
  }

  /**
   * Takes the place of a view that waits. Ignored unless its number is above that of every view before.
   * @param records the whole zone; what Route 53 does not keep for us is left out
   */
  publish(view: number, records: readonly DnsRecord[]): void {
    if (this.stopped || (this.newest !== null && view <= this.newest)) return;
    this.newest = view;
    this.waiting = { view, sets: recordSetsOf(records, this.settings.domain) };
    this.settings.changed(this.status);
    if (!this.working) void this.work();
  }

  /** A call that is on its way is not taken back; no other one follows. */
  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async work(): Promise<void> {
    this.working = true;
    while (this.waiting !== null && !this.stopped) {
      const trouble = await this.attempt(this.waiting);
      if (this.stopped) break;
      if (trouble === null) this.failures = 0;
      this.problem = trouble?.message ?? null;
      this.settings.changed(this.status);
      if (trouble !== null) await this.pause(this.waitAfter(trouble));
    }
    this.working = false;
  }

  /** @returns null when there is no failure: then it is published, or a newer view waits */
  private async attempt(target: Target): Promise<Trouble | null> {
    try {
      this.zoneId ??= await this.findZone();
      this.there ??= await this.list(this.zoneId);
      for (const batch of batchesOf(changesOf(this.there, target.sets))) {
        if (this.waiting !== target || this.stopped) return null;
        const request = changeRequest(this.zoneId, batch, `concoord view ${target.view}`);
        await this.ask(request, readChanged);
        this.there = afterChanges(this.there, batch);
      }
      this.published = target.view;
      if (this.waiting === target) this.waiting = null;
      return null;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      // A zone that was looked up may have been made anew; and without certainty about what is there it is asked.
      if (error.kind === "refused") this.zoneId = this.settings.zoneId;
      if (error.kind !== "busy") this.there = null;
      return error;
    }
  }

  /** Half of the full wait to all of it, so that several nameservers do not march in step. */
  private waitAfter({ kind }: Trouble): number {
    const doubled = Math.min(route53WaitMillisMax, firstWaitMillis * 2 ** Math.min(this.failures, 20));
    this.failures++;
    const full = kind === "refused" ? route53WaitMillisMax : doubled;
    return full * (0.5 + this.settings.runtime.random() / 2);
  }

  private pause(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.settings.runtime.wait(millis, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** The hosted zone of the domain, or else of the nearest parent. */
  private async findZone(): Promise<string> {
    const { domain } = this.settings;
    const whole = route53Name(domain);
    const parts = whole.split(".").slice(0, -1);
    for (let i = 0; i < labels(domain).length; i++) {
      const name = `${parts.slice(i).join(".")}.`;
      const [id, ...others] = await this.ask(zonesRequest(name), (body) => readZones(body, name));
      if (others.length > 0)
        throw new Trouble("refused", `this account has several hosted zones ${name}: give the id of one`);
      if (id !== undefined) return id;
    }
    throw new Trouble("refused", `this account has no public hosted zone for ${whole}`);
  }

  private async list(zoneId: string): Promise<readonly RecordSet[]> {
    const { domain } = this.settings;
    const found: RecordSet[] = [];
    let start: Start | null = listStart(domain);
    for (let pages = 0; start !== null; pages++) {
      if (pages === route53PagesMax)
        throw new Trouble("refused", "the hosted zone holds too many record sets");
      const request = listRequest(zoneId, start);
      const page: ListPage = await this.ask(request, (body) => readList(body, domain));
      found.push(...page.sets);
      start = page.next;
    }
    return found;
  }

  private async ask<T>(request: ApiRequest, read: (body: string) => T): Promise<T> {
    const answer = await this.settings.runtime.call(request).catch((error: unknown) => {
      throw new Trouble("unknown", `Route 53 does not answer: ${shown(error)}`);
    });
    if (answer.status !== 200) throw troubleOf(answer);
    try {
      return read(answer.body);
    } catch (error) {
      if (!(error instanceof BadXml)) throw error;
      throw new Trouble("unknown", `Route 53 answers what is not understood: ${error.message}`);
    }
  }
}

function troubleOf(answer: ApiAnswer): Trouble {
  const { code, message } = readError(answer);
  const what = `${code}: ${message}`;
  if (busyCodes.includes(code) || answer.status === 429)
    return new Trouble("busy", `Route 53 is busy: ${what}`);
  if (answer.status >= 500) return new Trouble("unknown", `Route 53 fails: ${what}`);
  if (code === "InvalidChangeBatch") return new Trouble("unknown", `Route 53 refuses a change: ${what}`);
  const advice = credentialCodes.includes(code) ? "; check the credentials of AWS" : "";
  return new Trouble("refused", `Route 53 refuses: ${what}${advice}`);
}

function shown(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, " ").slice(0, reasonCharsMax);
}
