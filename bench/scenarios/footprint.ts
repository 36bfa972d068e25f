/** What a replica needs after ten million calls: memory, and bytes on its disk for each call. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
      const before = logBytes(subject);
      while (done < calls) {
        const result = await subject.measure(shape, quick ? 1 : pieceSeconds);
        done += result.opsInAll;
        note(`${done} calls: ${resident(subject).map(Math.round).join(", ")} MB`);
      }
      const residentMegabytes = Math.max(...resident(subject));
      const diskBytesPerCall = (logBytes(subject) - before) / done / replicas;
      const figures = { calls: done, residentMegabytes, diskBytesPerCall };
      return [{ scenario: "footprint", subject: "concoord", work: "10 million calls", figures }];
    });
  },
};

/** All that the logs of the replicas ever held: files that are gone were full, and they are numbered from 1 on. */
function logBytes({ folder }: Subject): number {
  let bytes = 0;
  for (const data of readdirSync(folder ?? "")) {
    const logs = readdirSync(join(folder ?? "", data)).filter((name) => /^\d+\.log$/.test(name));
    const newest = readFileSync(join(folder ?? "", data, logs.toSorted().at(-1) ?? ""));
    bytes += (Number.parseInt(logs.toSorted().at(-1) ?? "", 10) - 1) * newest.length + withoutZeros(newest);
  }
  return bytes;
}

/** The file is filled with zeros before it is used. */
function withoutZeros(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** Of each replica, in MB of 10^6 bytes. */
function resident(subject: Subject): readonly number[] {
  return subject.pids.map((pid) => {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return (Number(found?.[1]) * 1024) / 1e6;
  });
}
