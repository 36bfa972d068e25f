/** What waits at a leader to be proposed: view changes, meta commands, calls. */
import { batchBytesMax, batchCommandsMax, changesMax, metasMax, waitingCommandsMax } from "../limits.ts";
import { lengthBytes } from "./batch.ts";
import { sameChange, type ViewChange } from "./view.ts";

export class Waiting {
  private calls: Uint8Array[] = [];
  private metas: Uint8Array[] = [];
  private changes: ViewChange[] = [];

  get any(): boolean {
    return this.changes.length > 0 || this.calls.length > 0 || this.metas.length > 0;
  }

  /** Commands and changes. */
  get count(): number {
    return this.changes.length + this.calls.length + this.metas.length;
  }

  /** Whether more calls may be handed in; beyond, their nodes keep them and send them again. */
  get hasRoom(): boolean {
    return this.calls.length < waitingCommandsMax;
  }

  addCalls(commands: readonly Uint8Array[]): void {
    for (const command of commands) this.calls.push(command);
  }

  /** Meta commands go before the calls that wait: they keep sessions alive that would end meanwhile. */
  addMetas(commands: readonly Uint8Array[]): void {
    for (const command of commands) if (this.metas.length < metasMax) this.metas.push(command);
  }

  /** The same change once; of others only the first does something, for the next one is made against an old view. */
  addChange(change: ViewChange): void {
    if (this.changes.length < changesMax && !this.changes.some((c) => sameChange(c, change)))
      this.changes.push(change);
  }

  takeChange(): ViewChange | null {
    return this.changes.shift() ?? null;
  }

  /** Batching: all that waits, up to the limits of a slot; at least one command, however large. */
  takeBatch(): readonly Uint8Array[] {
    const room = { bytes: batchBytesMax, commands: batchCommandsMax };
    const metas = take(this.metas, room);
    this.metas = metas.left;
    if (this.metas.length > 0) return metas.taken;
    const calls = take(this.calls, room);
    this.calls = calls.left;
    return metas.taken.length === 0 ? calls.taken : [...metas.taken, ...calls.taken];
  }

  clear(): void {
    this.calls = [];
    this.metas = [];
    this.changes = [];
  }
}

interface Taken {
  readonly taken: Uint8Array[];
  readonly left: Uint8Array[];
}

/** Takes from the head of a queue what there is room for, and always the first of a batch. */
function take(queue: Uint8Array[], room: { bytes: number; commands: number }): Taken {
  let count = 0;
  for (const command of queue) {
    const first = room.commands === batchCommandsMax;
    if (!first && (command.length > room.bytes || room.commands === 0)) break;
    room.bytes -= command.length + lengthBytes;
    room.commands--;
    count++;
  }
  if (count === queue.length) return { taken: queue, left: [] };
  return { taken: queue.slice(0, count), left: queue.slice(count) };
}
