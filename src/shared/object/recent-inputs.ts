/**
 * Which inputs of all objects were executed lately, whether anybody watched or not: a ring of numbers and names, filled
 * with each call, so it makes no objects. The calls themselves stand in the log; `command` says where.
 */
import { recentInputsMax } from "../limits.ts";
import { type Input, inputKinds } from "./input.ts";
import type { SlotContext } from "./surround.ts";
import { sessionId } from "./types.ts";

export interface RecentInput {
  readonly context: SlotContext;
  /** Without its payload. */
  readonly input: Input;
  /** Of a call, the index of its command in the slot. */
  readonly command: number;
}

/** slot, wall, log time, seed, call index, k, seq, and in one number: command, told, kind. */
const width = 8;
const firstLength = 256;
const toldBit = 8;
const commandUnit = 16;
const noBytes = new Uint8Array(0);

export class RecentInputs {
  /** Grows up to recentInputsMax; a power of two. */
  private length = firstLength;
  private numbers = new Float64Array(width * firstLength);
  private keys: string[] = [];
  private sessions: string[] = [];
  private users: (string | null)[] = [];
  /** Inputs since the beginning; the newest `length` of them are held. */
  private count = 0;
  /** All inputs of the slots above are held. */
  private reaches = 0;

  /** What was noted is forgotten. @param slot what is executed from now on comes behind it */
  begin(slot: number): void {
    this.count = 0;
    this.reaches = slot;
  }

  /** @param key "Class/name" */
  note(key: string, { slot, wall, logTime, seed }: SlotContext, input: Input, command: number): void {
    if (this.count === this.length && this.length < recentInputsMax) this.grow();
    const i = this.count++ & (this.length - 1);
    const { numbers } = this;
    const n = i * width;
    if (this.count > this.length) this.reaches = numbers[n] as number;
    this.keys[i] = key;
    this.sessions[i] = input.session;
    this.users[i] = input.user;
    numbers[n] = slot;
    numbers[n + 1] = wall;
    numbers[n + 2] = logTime;
    numbers[n + 3] = seed;
    numbers[n + 4] = input.index;
    numbers[n + 5] = input.k;
    numbers[n + 6] = input.seq;
    numbers[n + 7] = command * commandUnit + (input.told ? toldBit : 0) + inputKinds.indexOf(input.kind);
  }

  private grow(): void {
    this.length *= 2;
    const { numbers } = this;
    this.numbers = new Float64Array(width * this.length);
    this.numbers.set(numbers);
  }

  /** The inputs of an object after a slot, in their order; null when not all are held. @param key "Class/name" */
  since(key: string, slot: number): readonly RecentInput[] | null {
    if (slot < this.reaches) return null;
    const found: RecentInput[] = [];
    const oldest = Math.max(0, this.count - this.length);
    for (let n = this.count - 1; n >= oldest; n--) {
      const i = n & (this.length - 1);
      if ((this.numbers[i * width] as number) <= slot) break;
      if (this.keys[i] === key) found.push(this.at(i));
    }
    return found.reverse();
  }

  private at(i: number): RecentInput {
    const [slot = 0, wall = 0, logTime = 0, seed = 0, index = 0, k = 0, seq = 0, rest = 0] =
      this.numbers.subarray(i * width, (i + 1) * width);
    const kind = inputKinds[rest % toldBit] ?? "call";
    const told = rest % commandUnit >= toldBit;
    const session = sessionId(this.sessions[i] ?? "");
    const input = { kind, index, k, session, user: this.users[i] ?? null, seq, told, payload: noBytes };
    return { context: { slot, wall, logTime, seed }, input, command: Math.floor(rest / commandUnit) };
  }
}
