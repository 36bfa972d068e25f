/** One worker takes a job and leaves; the other one does them all. */
import { connect } from "concoord";
import { JobQueue } from "./jobqueue.ts";

await using boss = connect(JobQueue);
for (const text of ["wash", "dry", "fold"]) await boss.submit(text);

const lazy = connect(JobQueue);
await lazy.take();
await lazy[Symbol.asyncDispose]();

await using busy = connect(JobQueue);
const done: string[] = [];
while (done.length < 3) {
  const job = await busy.take();
  done.push(job.text);
  await busy.done(job.id);
}
console.log(`done: ${done.sort().join(", ")}`);
