/**
 * Jobs and the workers that do them. A worker takes the oldest job that nobody does, and says when it is finished; what
 * a worker whose session ended had taken is there again, in its old place. Departs from the original: `update` works,
 * jobs are known by name, and there are workers.
 */
import { resume, waits } from "../block.ts";
import { invocation } from "../invocation.ts";
import type { Reads } from "../surface.ts";
import { patienceOf } from "../sync/arguments.ts";
import { notOwner, valueError } from "../sync/errors.ts";
import type { Blocked } from "../ticket.ts";
import { Tickets } from "../tickets.ts";
import type { SessionId } from "../types.ts";
import { text } from "./parts/arguments.ts";
import { wait } from "./parts/waiting.ts";
import { RedBlackTree } from "./redblacktree.ts";

/** A job has a name of its own; what else it holds is up to its users. */
export interface Job {
  readonly name: string;
  readonly [key: string]: unknown;
}

export interface Scheduled {
  job: Job;
  /** Its place: the lower, the older. */
  readonly place: number;
  /** Whose session took it; null when it waits. */
  worker: SessionId | null;
}

export class JobManager {
  static reads = ["list_jobs", "running"] satisfies Reads<JobManager>;
  /** By name, in the order of their places. */
  private readonly jobs = new Map<string, Scheduled>();
  /** The names of the jobs that wait, by place. */
  private readonly waiting = new RedBlackTree<string>();
  private places = 0;
  /** The names of the jobs that are being done, by worker. */
  private readonly taken = new Map<SessionId, Set<string>>();
  /** Invariant: when one of them still waits, no job does. */
  private readonly workers = new Tickets<Job | null>();

  /** Adds a job, or a name alone. @throws VALUE_ERROR when it has no name, or there is one of that name */
  schedule(job: Job | string): void {
    const full: Job = typeof job === "string" ? { name: job } : job;
    const name = text(full?.name, "the job's name");
    if (this.jobs.has(name)) throw valueError(`there is a job ${name} already`);
    const scheduled: Scheduled = { job: full, place: this.places++, worker: null };
    this.jobs.set(name, scheduled);
    this._offer(scheduled);
  }

  /** Removes a job, also one that is being done. @throws VALUE_ERROR when there is none of that name */
  deschedule(job: Job | string): void {
    const scheduled = this._find(job);
    this._leave(scheduled);
    this.jobs.delete(scheduled.job.name);
  }

  /** Sets one field of a job. @throws VALUE_ERROR when there is no such job, or the field is its name */
  update(job: Job | string, key: string, value: unknown): void {
    const scheduled = this._find(job);
    if (text(key, "key") === "name") throw valueError("the name of a job cannot be changed");
    scheduled.job = { ...scheduled.job, [key]: value };
  }

  /** All jobs, the oldest first: those that wait and those that are being done. */
  list_jobs(): Job[] {
    return [...this.jobs.values()].map(({ job }) => job);
  }

  /** The jobs that are being done, the oldest first, and whose session does them. */
  running(): { job: Job; worker: SessionId }[] {
    return [...this.jobs.values()].flatMap(({ job, worker }) => (worker === null ? [] : [{ job, worker }]));
  }

  /**
   * Takes the oldest job that waits; waits while there is none. Only the calling session can finish or release it.
   *
   * @param timeout ms of log time; -1 or absent is for ever, 0 tries once
   * @returns null when the time is over
   * @throws VALUE_ERROR
   */
  take(blocking = true, timeout = -1): Job | null | Blocked<Job | null> {
    const millis = patienceOf(blocking, timeout);
    const place = this.waiting.get_min();
    const scheduled = this.jobs.get((place === null ? null : this.waiting.find(place)) ?? "");
    if (scheduled !== undefined) return this._begin(scheduled, invocation().session);
    if (millis === 0) return null;
    return wait(this.workers, millis, null);
  }

  /** The job is done, and gone. @throws NOT_OWNER when the caller does not do it; VALUE_ERROR as deschedule */
  finish(job: Job | string): void {
    this.deschedule(this._own(job).job);
  }

  /** Gives the job back to be done by another one. @throws as finish */
  release(job: Job | string): void {
    const scheduled = this._own(job);
    this._leave(scheduled);
    this._offer(scheduled);
  }

  onSessionEnd(session: SessionId): void {
    const names = this.taken.get(session);
    if (names === undefined) return;
    const left = [...names].map((name) => this._find(name)).sort((a, b) => a.place - b.place);
    for (const scheduled of left) this._leave(scheduled);
    for (const scheduled of left) this._offer(scheduled);
  }

  _find(job: Job | string): Scheduled {
    const name = typeof job === "string" ? job : job?.name;
    const scheduled = this.jobs.get(name);
    if (scheduled === undefined) throw valueError(`there is no job ${name}`);
    return scheduled;
  }

  _own(job: Job | string): Scheduled {
    const scheduled = this._find(job);
    if (scheduled.worker === invocation().session) return scheduled;
    throw notOwner(`the caller does not do the job ${scheduled.job.name}`);
  }

  /** Gives a job that nobody does to the worker that waits longest. */
  _offer(scheduled: Scheduled): void {
    let worker = this.workers.shift();
    while (worker !== undefined && !waits(worker)) worker = this.workers.shift();
    if (worker === undefined) this.waiting.insert(scheduled.place, scheduled.job.name);
    else resume(worker, this._begin(scheduled, worker.session));
  }

  _begin(scheduled: Scheduled, session: SessionId): Job {
    this.waiting.delete(scheduled.place);
    scheduled.worker = session;
    const names = this.taken.get(session) ?? new Set();
    this.taken.set(session, names.add(scheduled.job.name));
    return scheduled.job;
  }

  /** Neither waits nor is done. */
  _leave(scheduled: Scheduled): void {
    this.waiting.delete(scheduled.place);
    if (scheduled.worker === null) return;
    const names = this.taken.get(scheduled.worker);
    names?.delete(scheduled.job.name);
    if (names?.size === 0) this.taken.delete(scheduled.worker);
    scheduled.worker = null;
  }
}
