/** Measurements that take turns: each once in every round, so that a slow minute of the machine is nobody's alone. */

import type { Shape } from "./measure.ts";
import { medians, type Setting } from "./scenario.ts";
import { type ServiceName, startService } from "./services/services.ts";
import { Subject } from "./subjects.ts";

export interface Task {
  readonly subject: Subject;
  readonly name: string;
  readonly shape: Shape;
  /** Of the load of the subject, when not the usual one. */
  readonly work?: string;
}

export interface Measured {
  readonly subject: string;
  readonly work: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** @returns a row for each task, in the order given: the medians of its rounds */
export async function inTurns(
  tasks: readonly Task[],
  { seconds, rounds }: Setting,
  note: (line: string) => void,
): Promise<readonly Measured[]> {
  const found = tasks.map((): Record<string, number>[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { subject, name, shape, work }] of tasks.entries()) {
      const result = await subject.measure(shape, seconds, subject.loadOf(work));
      const { opsPerSecond, p50Millis, p99Millis, cpuMicrosPerOp } = result;
      found[i]?.push({ opsPerSecond, p50Millis, p99Millis, cpuMicrosPerOp });
      note(`${name} ${subject.name}: ${Math.round(opsPerSecond)}/s, p50 ${p50Millis.toFixed(2)} ms`);
    }
  }
  return tasks.map(({ subject, name }, i) => ({
    subject: subject.name,
    work: name,
    figures: medians(found[i] ?? []),
  }));
}

/** Starts all, does the work, stops all. */
export async function withSubjects<T>(
  starts: readonly (() => Promise<Subject>)[],
  services: readonly ServiceName[],
  work: (subjects: readonly Subject[]) => Promise<T>,
): Promise<T> {
  const subjects: Subject[] = [];
  try {
    for (const start of starts) subjects.push(await start());
    for (const name of services) subjects.push(Subject.ofService(await startService(name)));
    return await work(subjects);
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}
