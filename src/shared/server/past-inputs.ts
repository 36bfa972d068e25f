/**
 * Inputs of objects that nobody watched here when they were executed: when and in which order is remembered
 * (object/recent-inputs.ts), and their calls are read from the log. So programs whose node is gone go on at any other.
 */
import { feedTailBytesMax } from "../limits.ts";
import { commandsOf } from "../object/slot-commands.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { SlotContext } from "../object/surround.ts";
import type { Call, Command, ObjectCodec } from "../object/types.ts";
import type { Slot } from "../paxos/slot.ts";
import type { Proposal } from "../paxos/types.ts";
import type { PlacedInput, SlotInputs } from "../wire/feed-codec.ts";

export class PastInputs {
  private readonly machine: StateMachine;
  private readonly codec: ObjectCodec;
  private readonly decidedIn: (slot: Slot) => Proposal | null;

  /** @param decidedIn of a slot that was executed; null when the log does not hold it any more */
  constructor(machine: StateMachine, codec: ObjectCodec, decidedIn: (slot: Slot) => Proposal | null) {
    this.machine = machine;
    this.codec = codec;
    this.decidedIn = decidedIn;
  }

  /**
   * @param key "Class/name"
   * @returns the inputs of whole slots after `after`, up to `upTo`; null when not all are known, or they are too many
   */
  between(key: string, after: number, upTo: number): readonly SlotInputs[] | null {
    const recent = this.machine.turns.execution.recent.since(key, after);
    if (recent === null) return null;
    const slots: {
      readonly context: SlotContext;
      readonly inputs: PlacedInput[];
      readonly calls: SlotCalls;
    }[] = [];
    let bytes = 0;
    for (const { context, input, command } of recent) {
      if (context.slot > upTo) break;
      let last = slots.at(-1);
      if (last === undefined || last.context.slot !== context.slot) {
        last = { context, inputs: [], calls: this.callsOf(context.slot) };
        slots.push(last);
      }
      const isCall = input.kind === "call" || input.kind === "init";
      const payload = isCall ? last.calls.encoded(command, input.seq) : input.payload;
      bytes += payload?.length ?? 0;
      if (payload === null || bytes > feedTailBytesMax) return null;
      last.inputs.push({ ...input, payload, at: last.inputs.length });
    }
    return slots;
  }

  private callsOf(slot: number): SlotCalls {
    return new SlotCalls(this.decidedIn(slot as Slot)?.body ?? new Uint8Array(0), this.codec);
  }
}

/** The calls of one slot. */
class SlotCalls {
  private readonly codec: ObjectCodec;
  private readonly commands: ReadonlyMap<number, Command>;
  /** By the index of the command. */
  private readonly decoded = new Map<number, readonly Call[]>();

  constructor(body: Uint8Array, codec: ObjectCodec) {
    this.codec = codec;
    this.commands = new Map(commandsOf(body, codec));
  }

  /** The call, encoded alone; null when it is not known any more, or cannot be told. */
  encoded(index: number, seq: number): Uint8Array | null {
    const command = this.commands.get(index);
    if (command?.type !== "calls") return null;
    try {
      const calls = this.decoded.get(index) ?? this.codec.decodeCalls(command.payload, command.n);
      this.decoded.set(index, calls);
      const call = calls[seq - command.firstSeq];
      return call === undefined ? null : this.codec.encodeCalls([call]);
    } catch {
      // What decoders take and encoders do not: only a snapshot tells of it.
      return null;
    }
  }
}
