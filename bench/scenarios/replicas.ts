/** The price of more replicas: 3, 5, 7 and 9 of them on this one machine. */
import type { Row, Scenario } from "../scenario.ts";
import { startConcoord } from "../subjects.ts";
import { inTurns, withSubjects } from "../turns.ts";

const counts = [3, 5, 7, 9];

export const replicas: Scenario = {
  name: "replicas",
  about: "Increments 1x1 and 1x64 with 3, 5, 7 and 9 replicas, all on this machine, one cluster at a time.",
  async run(setting, note) {
    const rows: Row[] = [];
    for (const n of setting.quick ? counts.slice(0, 1) : counts) {
      const found = await withSubjects([() => startConcoord(false, undefined, n)], [], (subjects) =>
        inTurns(
          subjects.flatMap((subject) =>
            [1, 64].map((outstanding) => ({
              ...{ subject, name: `${n} replicas 1x${outstanding}`, shape: { connections: 1, outstanding } },
            })),
          ),
          setting,
          note,
        ),
      );
      rows.push(...found.map((row) => ({ scenario: "replicas", ...row })));
    }
    return rows;
  },
};
