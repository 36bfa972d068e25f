/**
 * Keeps pages up to date: `/watch` is a stream of events (text/event-stream) that tells what changed, at most four
 * times a second. What several pages show is computed once, and nothing while nobody looks. A page that reads too
 * slowly is dropped; it comes again.
 */
import { types } from "node:util";
import { pageBacklogBytesMax, pageListMax, pageObjectsMax, pagesMax } from "../../shared/limits.ts";
import { formatObject, parseObject } from "../../shared/object/address.ts";
import type { StateMachine } from "../../shared/object/state-machine.ts";
import type { PaxosNode } from "../../shared/paxos/node.ts";
import type { Slot } from "../../shared/paxos/slot.ts";
import { LogTail, Outcomes } from "../../shared/server/log-tail.ts";
import type { Meters } from "../../shared/server/meters.ts";
import type { PageEvents, Standing, StateReport } from "../../shared/server/page-report.ts";
import type { Past } from "../../shared/server/past.ts";
import { sessionList } from "../../shared/server/session-list.ts";
import { blockedOf, locksOf } from "../../shared/server/standing.ts";
import { treeOf } from "../../shared/server/state-tree.ts";
import type { Status } from "../../shared/server/status.ts";
import { objectCodec } from "../../shared/wire/values.ts";
import { HttpError } from "./errors.ts";
import { shower } from "./shower.ts";

const tickMillis = 250;
/** Between two reports of the methods, in ticks: rates are of seconds. */
const methodTicks = 4;

/** What is looked at: the server of a node. */
export interface Watched {
  readonly machine: StateMachine;
  readonly node: PaxosNode;
  readonly meters: Meters;
  readonly past: Past;
}

interface Page {
  /** "Class/name"; null when it shows none. */
  readonly object: string | null;
  readonly stream: ReadableStreamDefaultController<Uint8Array>;
  /** What it was told last, by event. */
  readonly told: Map<string, string>;
  isNew: boolean;
}

export class Pages {
  private readonly watched: Watched;
  private readonly status: (objectsMax: number) => Status;
  private readonly pages = new Set<Page>();
  private readonly encoder = new TextEncoder();
  private outcomes: Outcomes | null = null;
  private tail: LogTail | null = null;
  private timer: NodeJS.Timeout | null = null;
  private ticks = 0;
  private methods = "";

  /** @param status with at most so many objects */
  constructor(watched: Watched, status: (objectsMax: number) => Status) {
    this.watched = watched;
    this.status = status;
  }

  /**
   * A page wants to be told.
   *
   * @param object "Class/name" whose state it shows; null for none
   * @throws HttpError 503 when there are too many
   */
  open(object: string | null): ReadableStream<Uint8Array> {
    if (this.pages.size >= pagesMax) throw new HttpError(503, "BUSY", "too many pages look at this node");
    let page: Page | null = null;
    const size = { highWaterMark: pageBacklogBytesMax, size: (bytes: Uint8Array) => bytes.length };
    return new ReadableStream<Uint8Array>(
      {
        start: (stream) => {
          page = { object, stream, told: new Map(), isNew: true };
          this.begin(page);
        },
        cancel: () => {
          if (page !== null) this.end(page);
        },
      },
      size,
    );
  }

  /** The state of an object now. */
  state(object: string): StateReport {
    const { machine } = this.watched;
    return stateOf(machine, object);
  }

  close(): void {
    for (const page of this.pages) {
      this.end(page);
      page.stream.close();
    }
  }

  private begin(page: Page): void {
    this.pages.add(page);
    if (this.timer !== null) return;
    const { machine, node } = this.watched;
    this.outcomes = new Outcomes();
    machine.turns.heard = [...machine.turns.heard, this.outcomes];
    const { log } = node;
    this.tail = new LogTail(machine, objectCodec, shower, (slot: Slot) =>
      slot > log.trimmed && slot <= log.decided ? log.decidedIn(slot) : null,
    );
    this.timer = setInterval(() => this.tryTick(), tickMillis).unref();
    // Not within the request.
    setImmediate(() => this.tryTick());
  }

  private end(page: Page): void {
    this.pages.delete(page);
    if (this.pages.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    const { turns } = this.watched.machine;
    turns.heard = turns.heard.filter((one) => one !== this.outcomes);
    this.outcomes = null;
    this.tail = null;
  }

  /** A state that cannot be shown ends the pages, not the node. */
  private tryTick(): void {
    try {
      this.tick();
    } catch (error) {
      for (const page of this.pages) {
        this.end(page);
        page.stream.error(error);
      }
    }
  }

  private tick(): void {
    const { tail, outcomes } = this;
    if (tail === null || outcomes === null) return;
    const news = JSON.stringify(tail.update(outcomes.take()));
    const status = this.status(pageObjectsMax);
    const standing = JSON.stringify(this.standing());
    // To the second: an idle node is no news, but that it is there.
    const shown = JSON.stringify({ ...status, uptimeMs: Math.floor(status.uptimeMs / 1_000) * 1_000 });
    if (this.ticks++ % methodTicks === 0) this.methods = this.methodsAt(status.uptimeMs);
    const states = new Map<string, string>();
    for (const page of this.pages) {
      this.tell(page, "status", shown);
      if (page.isNew) this.send(page, "log", JSON.stringify(tail.all));
      else if (news !== "[]") this.send(page, "log", news);
      page.isNew = false;
      this.tell(page, "standing", standing);
      this.tell(page, "methods", this.methods);
      if (page.object === null) continue;
      const state = states.get(page.object) ?? JSON.stringify(this.state(page.object));
      states.set(page.object, state);
      this.tell(page, "state", state);
    }
  }

  private standing(): Standing {
    const { machine, past } = this.watched;
    const { count, list } = sessionList(machine, pageListMax);
    const seconds = (millis: number) => Math.floor(millis / 1_000) * 1_000;
    return {
      sessions: { count, list: list.map((s) => ({ ...s, lastHeardAgo: seconds(s.lastHeardAgo) })) },
      blocked: blockedOf(machine).map((b) => ({ ...b, left: b.left === null ? null : seconds(b.left) })),
      locks: locksOf(machine.turns.execution.objects),
      objects: machine.turns.execution.objects.size,
      past: past.range,
    };
  }

  /** Those that are called most. */
  private methodsAt(at: number): string {
    const methods = [...this.watched.meters.report]
      .sort((a, b) => b.calls + b.reads - a.calls - a.reads)
      .slice(0, pageListMax);
    return JSON.stringify({ at: Math.round(at), methods } satisfies PageEvents["methods"]);
  }

  private tell(page: Page, event: keyof PageEvents, data: string): void {
    if (page.told.get(event) === data) return;
    page.told.set(event, data);
    this.send(page, event, data);
  }

  private send(page: Page, event: keyof PageEvents, data: string): void {
    if (!this.pages.has(page)) return;
    page.stream.enqueue(this.encoder.encode(`event: ${event}\ndata: ${data}\n\n`));
    if ((page.stream.desiredSize ?? 0) > 0) return;
    this.end(page);
    page.stream.error(new Error("the page reads too slowly"));
  }
}

/** @param object "Class/name" or "Class" */
export function stateOf(machine: StateMachine, object: string): StateReport {
  const address = parseObject(object);
  const key = address === null ? object : formatObject(address);
  const shown = { object: key, slot: machine.executed };
  const entry = address === null ? undefined : machine.code.entry(address.class);
  if (entry === undefined) return { ...shown, state: null, problem: "no such class is served here" };
  if (!entry.live) return { ...shown, state: null, problem: `class ${entry.name} says static live = false` };
  const found = machine.peek(key);
  const problem = found === undefined ? "no call has made this object" : null;
  return { ...shown, state: found === undefined ? null : treeOf(found, types.isProxy), problem };
}
