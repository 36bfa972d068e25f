/** What it costs to decode a value, as those count who write it: at least what readers will. */
import { bigintBytesMax } from "../limits.ts";
import { bigintSteps, bytesSteps, itemSteps, tagSteps, textSteps } from "./steps.ts";

/** What is refused because it would take readers too long. */
export function tooMuch(most: number): string {
  return `a value of more than ${most} steps of decoding`;
}

/** What stands under a tag: the tag, and the item itself. */
export const taggedSteps = itemSteps + tagSteps + itemSteps;

/** At least what a text costs that has so many characters. */
export function charsSteps(chars: number): number {
  return textSteps(3 * chars);
}

/** At least what a bigint costs, tag and all: how long it is, is not asked exactly. */
export function valueSteps(value: bigint): number {
  const fits = (bits: number) => BigInt.asIntN(bits, value) === value;
  return taggedSteps + bytesSteps + bigintSteps(fits(64) ? 8 : fits(512) ? 64 : bigintBytesMax);
}
