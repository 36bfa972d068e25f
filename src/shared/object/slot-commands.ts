/** The commands of one slot, as far as they can be read: what cannot is skipped, on every replica alike. */
import { batchCommandsMax } from "../limits.ts";
import { splitBatch } from "../paxos/batch.ts";
import type { Command, ObjectCodec } from "./types.ts";

/** @returns each command with its index in the batch */
export function* commandsOf(body: Uint8Array, codec: ObjectCodec): Iterable<readonly [number, Command]> {
  for (const [index, bytes] of split(body).entries()) {
    const command = decode(bytes, codec);
    if (command !== null) yield [index, command];
  }
}

/** The same from the last one on, as far as somebody asks. */
export function* lastCommandsOf(body: Uint8Array, codec: ObjectCodec): Iterable<readonly [number, Command]> {
  const all = split(body);
  for (let index = all.length - 1; index >= 0; index--) {
    const command = decode(all[index] as Uint8Array, codec);
    if (command !== null) yield [index, command];
  }
}

function split(body: Uint8Array): readonly Uint8Array[] {
  try {
    return body.length === 0 ? [] : splitBatch(body).slice(0, batchCommandsMax);
  } catch {
    // Not a batch: the same nothing on every replica.
    return [];
  }
}

/** The admitting node has decoded it once, so this fails only for what a broken or hostile node proposed. */
function decode(bytes: Uint8Array, codec: ObjectCodec): Command | null {
  try {
    return codec.decodeCommand(bytes);
  } catch {
    return null;
  }
}
