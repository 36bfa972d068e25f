/** Appends numbered writes for ever, and prints each number once its append is durable: `writer.ts DIR SEED`. */
import { FileStorage } from "../../src/node/storage/index.ts";
import { Dice } from "../../src/shared/sim/dice.ts";
import { logCodec } from "../../src/shared/wire/log-codec.ts";
import { numbered } from "./numbered.ts";

const [dir = "", seed = "0"] = process.argv.slice(2);
const dice = new Dice(Number(seed));
const storage = await FileStorage.open({ dir, codec: logCodec, segmentBytes: 16 * 1024 });
let last = 0;
await storage.load(() => last++);
process.stdout.write("ready\n");
for (;;) {
  const numbers = Array.from({ length: 1 + dice.below(dice.chance(0.1) ? 200 : 5) }, () => ++last);
  await storage.append(numbers.map(numbered));
  process.stdout.write(`${numbers.join("\n")}\n`);
}
