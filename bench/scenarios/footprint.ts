/** What a replica needs after ten million calls: memory, and bytes on its disk for each call. */
import { readFileSync } from "node:fs";
import type { Scenario } from "../scenario.ts";
import { type Subject, startConcoord } from "../subjects.ts";
import { withSubjects } from "../turns.ts";

const shape = { connections: 1, outstanding: 256 };
/** One load process after the other until so many calls were made. */
const pieceSeconds = 30;
const replicas = 3;

export const footprint: Scenario = {
  name: "footprint",
  about: "Resident memory of a replica after 10 million increments 1x256, and bytes on its disk for a call.",
  run({ quick }, note) {
    const calls = quick ? 100_000 : 10_000_000;
    return withSubjects([() => startConcoord(false)], [], async ([subject]) => {
      if (subject === undefined) throw new Error("nothing was started");
      let done = 0;
      let written = 0;
      while (done < calls) {
        const result = await subject.measure(shape, quick ? 1 : pieceSeconds);
        done += result.opsInAll;
        written += (result.diskBytesPerOp ?? 0) * result.opsInAll;
        note(`${done} calls: ${resident(subject).map(Math.round).join(", ")} MB`);
      }
      const residentMegabytes = Math.max(...resident(subject));
      const diskBytesPerCall = written / done / replicas;
      const figures = { calls: done, residentMegabytes, diskBytesPerCall };
      return [{ scenario: "footprint", subject: "concoord", work: "10 million calls", figures }];
    });
  },
};

/** Of each replica, in MB of 10^6 bytes. */
function resident(subject: Subject): readonly number[] {
  return subject.pids.map((pid) => {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return (Number(found?.[1]) * 1024) / 1e6;
  });
}
