/** Calls that change the object, beside the floor, the bare `ws` echo and the writes of other services. */
import type { Row, Scenario, Setting } from "../scenario.ts";
import { startConcoord, startEcho, startFloor } from "../subjects.ts";
import { inTurns, type Measured, type Task, withSubjects } from "../turns.ts";

const shapes = [
  { connections: 1, outstanding: 1 },
  { connections: 1, outstanding: 16 },
  { connections: 1, outstanding: 64 },
  { connections: 1, outstanding: 256 },
  { connections: 16, outstanding: 16 },
  { connections: 64, outstanding: 64 },
  { connections: 64, outstanding: 256 },
];
const few = [1, 64];

async function measure(
  memory: boolean,
  setting: Setting,
  note: (line: string) => void,
): Promise<readonly Row[]> {
  const kind = memory ? "memory" : "durable";
  const versus = memory ? [] : setting.versus;
  const starts = [() => startConcoord(memory), () => startFloor(memory), () => startEcho()];
  return withSubjects(starts, versus, async (subjects) => {
    const tasks: Task[] = [];
    for (const shape of shapes) {
      if (setting.quick && !few.includes(shape.outstanding)) continue;
      const name = `${kind} ${shape.connections}x${shape.outstanding}`;
      for (const subject of subjects) {
        const isService = versus.some((service) => service === subject.name);
        // Programs of those services hold one call a connection outstanding; 16 of them contend for one counter.
        if (isService && shape.connections !== shape.outstanding) continue;
        const work = !isService ? undefined : shape.connections === 16 ? "counter" : "write";
        tasks.push({ subject, name, shape, ...(work === undefined ? {} : { work }) });
      }
    }
    const rows = await inTurns(tasks, setting, note);
    return rows.map((row: Measured) => ({ scenario: "calls", ...row }));
  });
}

export const calls: Scenario = {
  name: "calls",
  about:
    "Increments of one counter through the published `connect`, CONNECTIONSxOUTSTANDING, three replicas.",
  run: async (setting, note) => [
    ...(await measure(false, setting, note)),
    ...(await measure(true, setting, note)),
  ],
};
