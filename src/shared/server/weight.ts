/**
 * What a command weighs: its bytes or, when it takes long to decode, more. Commands that are under way are executed one
 * after the other, everywhere: whoever comes last waits for what all before it cost, not for how long they are.
 */
import { depthMax } from "../limits.ts";
import type { Calls } from "../object/types.ts";
import { stepsOf } from "../wire/scanner.ts";

/** Shorter ones cannot cost much. */
const lightBytes = 8 * 1024;
/** A step weighs as so many bytes: sending and writing them takes as long. */
const stepBytes = 8;
/** Lists around the arguments: of calls, of a call, of its arguments. */
const envelope = 3;

/** @returns bytes */
export function weightOf(bytes: Uint8Array, { payload }: Calls): number {
  if (payload.length < lightBytes) return bytes.length;
  return Math.max(bytes.length, stepBytes * stepsOf(payload, depthMax + envelope));
}
