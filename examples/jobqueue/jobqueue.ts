/** Jobs, and workers that wait for them. What a worker took and did not do is done by another one. */
import { type Blocked, block, invocation, resume, type SessionId, Tickets } from "concoord/object";

export interface Job {
  readonly id: number;
  readonly text: string;
}

export class JobQueue {
  jobs: Job[] = [];
  workers = new Tickets<Job>();
  /** By worker. */
  taken = new Map<SessionId, Job[]>();
  submitted = 0;

  submit(text: string): void {
    this._offer({ id: ++this.submitted, text });
  }

  /** Answers when there is a job. */
  take(): Job | Blocked<Job> {
    const job = this.jobs.shift();
    return job === undefined ? block(this.workers) : this._give(job, invocation().session);
  }

  done(id: number): void {
    const { session } = invocation();
    const left = this._of(session).filter((job) => job.id !== id);
    if (left.length > 0) this.taken.set(session, left);
    else this.taken.delete(session);
  }

  /** Called by concoord when the program closed its session, or was silent for too long. */
  onSessionEnd(session: SessionId): void {
    const left = this._of(session);
    this.taken.delete(session);
    for (const job of left) this._offer(job);
  }

  _of(session: SessionId): Job[] {
    return this.taken.get(session) ?? [];
  }

  _give(job: Job, session: SessionId): Job {
    this.taken.set(session, [...this._of(session), job]);
    return job;
  }

  /** To the first worker that still waits, else to the others that wait to be taken. */
  _offer(job: Job): void {
    for (let worker = this.workers.shift(); worker !== undefined; worker = this.workers.shift()) {
      if (!resume(worker, job)) continue;
      this._give(job, worker.session);
      return;
    }
    this.jobs.push(job);
  }
}
