/** Declared reads: linearizable ones beside those of other services, and local ones with one and three replicas. */
import type { Row, Scenario } from "../scenario.ts";
import { type Subject, startConcoord } from "../subjects.ts";
import { inTurns, type Measured, withSubjects } from "../turns.ts";

const clients = 64;
const localClients = 200;
/** Each of the local clients asks so many things at a time. */
const atOnce = 16;

export const reads: Scenario = {
  name: "reads",
  about: `Declared reads: linearizable by ${clients} programs, local by ${localClients} with ${atOnce} at a time.`,
  async run(setting, note) {
    const rows = (found: readonly Measured[]): readonly Row[] =>
      found.map((row) => ({ scenario: "reads", ...row }));
    const shape = { connections: clients, outstanding: clients };
    const linearizable = await withSubjects([() => startConcoord(false)], setting.versus, (subjects) =>
      inTurns(
        subjects.map((subject) => ({ subject, name: "linearizable", shape, work: "read" })),
        setting,
        note,
      ),
    );
    const local = { connections: setting.quick ? 20 : localClients, outstanding: localClients * atOnce };
    const task = (subject: Subject, n: number) => ({
      ...{ subject, name: `local, replicas: ${n}`, shape: local, work: "local" },
    });
    const counts = [1, 3];
    const starts = counts.map((n) => () => startConcoord(false, undefined, n));
    const nearby = await withSubjects(starts, [], (subjects) =>
      inTurns(
        subjects.map((subject, i) => task(subject, counts[i] ?? 0)),
        setting,
        note,
      ),
    );
    return rows([...linearizable, ...nearby]);
  },
};
