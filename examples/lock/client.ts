/** Two programs in one: each does its work alone, and each time the token is higher. */
import { connect, hold } from "concoord";
import { Lock } from "concoord/objects/lock";

const done: { readonly name: string; readonly token: number }[] = [];

async function work(name: string): Promise<void> {
  await using lock = connect(Lock);
  for (let i = 0; i < 2; i++) {
    // Released at the end of the block, also when the program dies; held.signal aborts when it is lost.
    await using held = await hold(lock);
    done.push({ name, token: held.token });
  }
}

await Promise.all([work("ann"), work("bob")]);
const rising = done.every(({ token }, i) => token > (done[i - 1]?.token ?? 0));
console.log(`${done.length} times held, tokens rise: ${rising}`);
