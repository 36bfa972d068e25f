/** Inputs of one object that are told together, encoded once for all who watch. */
import { joinedBytesMax } from "../limits.ts";
import type { Slot } from "../paxos/slot.ts";
import { encodeFeedInputs, type SlotInputs } from "../wire/feed-codec.ts";

export interface Chunk {
  /** Of its last input. */
  readonly slot: Slot;
  readonly at: number;
  readonly body: Uint8Array;
  /** What follows cannot be executed by those who watch: they need a snapshot. */
  readonly breaks: boolean;
}

/** @returns which slots go into which chunk: whole ones, none of which is without inputs */
export function portions(slots: readonly SlotInputs[]): readonly (readonly SlotInputs[])[] {
  const made: SlotInputs[][] = [];
  let bytes = joinedBytesMax;
  for (const slot of slots) {
    if (bytes >= joinedBytesMax) {
      made.push([]);
      bytes = 0;
    }
    made.at(-1)?.push(slot);
    for (const { payload } of slot.inputs) bytes += payload.length;
  }
  return made;
}

/** @param hash of the state behind it; null when it is not told */
export function chunkOf(slots: readonly SlotInputs[], hash: number | null, breaks: boolean): Chunk {
  const { context, inputs } = slots.at(-1) as SlotInputs;
  const body = encodeFeedInputs({ hash, slots });
  return { slot: context.slot as Slot, at: inputs.length - 1, body, breaks };
}
