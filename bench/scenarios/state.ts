/** Small changes of objects of 0, 1, 10 and 100 MB (the paper's figure 7), one after the other by one program. */
import { connect } from "concoord";
import { Store } from "../../test/fixtures/objects/store.ts";
import type { Scenario } from "../scenario.ts";
import { type Subject, startConcoord } from "../subjects.ts";
import { inTurns, withSubjects } from "../turns.ts";

const megabytes = [0, 1, 10, 100];
/** An entry of the object's map has about 140 bytes. */
const entriesOfMegabyte = 7_000;
const step = 500;

export const state: Scenario = {
  name: "state",
  about: "A small change of an object whose state is small and large, 1x1.",
  run(setting, note) {
    const sizes = setting.quick ? [0, 1] : megabytes;
    const starts = sizes.map((size) => async () => {
      const subject = await startConcoord(false, ["./test/fixtures/objects/store.ts"]);
      await fill(subject, size * entriesOfMegabyte);
      return subject;
    });
    return withSubjects(starts, [], async (subjects) => {
      const shape = { connections: 1, outstanding: 1 };
      const tasks = subjects.map((subject, i) => ({ subject, name: `${sizes[i]} MB`, shape, work: "touch" }));
      const found = await inTurns(tasks, setting, note);
      return found.map((row) => ({ scenario: "state", ...row }));
    });
  },
};

async function fill(subject: Subject, entries: number): Promise<void> {
  const store = connect(Store, subject.to);
  const starts = Array.from({ length: Math.ceil(entries / step) }, (_, i) => i * step);
  for (let at = 0; at < starts.length; at += 16)
    await Promise.all(starts.slice(at, at + 16).map((from) => store.fill(from, step)));
  await store[Symbol.asyncDispose]();
}
