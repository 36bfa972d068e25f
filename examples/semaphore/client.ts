/** Five workers, each as a program of its own would: never are more of them at work than the semaphore has permits. */
import { setTimeout } from "node:timers/promises";
import { connect } from "concoord";
import { Semaphore } from "./semaphore.ts";

let working = 0;
let most = 0;

async function work(): Promise<void> {
  await using semaphore = connect(Semaphore);
  await semaphore.acquire();
  working++;
  most = Math.max(most, working);
  await setTimeout(50);
  working--;
  await semaphore.release();
}

await Promise.all([work(), work(), work(), work(), work()]);
console.log(`five worked, ${most} at a time`);
