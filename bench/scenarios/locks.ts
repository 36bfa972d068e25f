/** One lock that 16 programs want: hand-overs a second, beside the locks of other services. */
import type { Scenario } from "../scenario.ts";
import { startConcoord } from "../subjects.ts";
import { inTurns, withSubjects } from "../turns.ts";

const objects = ["./examples/counter/counter.ts", "concoord.object.lock.Lock"];
const clients = 16;

export const locks: Scenario = {
  name: "locks",
  about: `Acquire and release of one lock by ${clients} programs at once: each pair is one hand-over.`,
  async run(setting, note) {
    const kinds = [
      { kind: "durable", memory: false, versus: setting.versus },
      { kind: "memory", memory: true, versus: [] },
    ];
    const rows = [];
    for (const { kind, memory, versus } of kinds) {
      const shape = { connections: clients, outstanding: clients };
      const found = await withSubjects([() => startConcoord(memory, objects)], versus, (subjects) => {
        const work = (name: string) => (name === "concoord" ? "pair" : "lock");
        const tasks = subjects.map((subject) => ({
          ...{ subject, name: `${kind} hand-over`, shape, work: work(subject.name) },
        }));
        return inTurns(tasks, setting, note);
      });
      rows.push(...found.map((row) => ({ scenario: "locks", ...row })));
    }
    return rows;
  },
};
