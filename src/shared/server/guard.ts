/**
 * What clients may not do is refused here, at the node that they reached, before it is proposed: by the rights of their
 * connection first, then by the operator's `authorize`, for which alone calls are decoded here. A refused command is
 * cancelled in the log, so that the calls behind it have their turn; its client is told why when that is decided, and
 * where this node fails before, the next one refuses it again.
 */
import { formatObject, parseObject } from "../object/address.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { Answer, Calls, ObjectCodec, Outcome, Seq, SessionId } from "../object/types.ts";
import { type Identity, lacks, type Refuse, type Right } from "../wire/identity.ts";
import type { Attachment, Connection } from "./connection.ts";
import type { Metas } from "./metas.ts";

export class Guard {
  private readonly machine: StateMachine;
  private readonly codec: ObjectCodec;
  private readonly metas: Metas;
  private readonly refuse: Refuse | null;
  /** By seq, why calls were refused whose cancel the log does not show yet. */
  private readonly refused = new WeakMap<Attachment, Map<Seq, string>>();

  /** @param refuse the operator's rules; null for none beside the rights */
  constructor(machine: StateMachine, codec: ObjectCodec, metas: Metas, refuse: Refuse | null) {
    this.machine = machine;
    this.codec = codec;
    this.metas = metas;
    this.refuse = refuse;
  }

  /** Why the calls are refused; null when they are not. A command is refused as a whole. */
  calls(identity: Identity, kind: "call" | "read", payload: Uint8Array, n: number): string | null {
    const lack = lacks(identity, kind);
    if (lack !== null || this.refuse === null) return lack;
    try {
      for (const { object, method, args } of this.codec.decodeCalls(payload, n)) {
        const why = judge(this.refuse, identity, kind, object, method, args);
        if (why !== null) return why;
      }
      return null;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return "the calls cannot be decoded, so that nobody can say whether they are allowed";
    }
  }

  /** Whether the command may be proposed. One that may not is cancelled in the log. */
  admits(connection: Connection, attachment: Attachment, command: Calls): boolean {
    const why = this.calls(connection.identity, "call", command.payload, command.n);
    if (why === null) return true;
    const refused = this.refused.get(attachment) ?? new Map<Seq, string>();
    this.refused.set(attachment, refused);
    const { session, firstSeq, n } = command;
    const seqs = Array.from({ length: n }, (_, i) => (firstSeq + i) as Seq);
    const isNews = seqs.some((seq) => !refused.has(seq));
    for (const seq of seqs) refused.set(seq, why);
    if (isNews && !this.cancel(connection, session, seqs)) {
      for (const seq of seqs) refused.delete(seq);
      const message = "too much waits for a leader at this node";
      connection.send({ type: "refused", session, firstSeq, code: "BUSY", message });
    }
    return false;
  }

  /**
   * Cancels calls. With its connection a cancel is forgotten: the client repeats what is not decided, wherever it is
   * connected. @returns false when too many wait
   */
  cancel(connection: Connection, session: SessionId, seqs: readonly Seq[]): boolean {
    return this.metas.add({ type: "cancel", session, seqs }, () => {
      const state = this.machine.session(session);
      return connection.closed || state === null || seqs.every((s) => state.cancelDone(s));
    });
  }

  /** What the client is told of a call: for one that was cancelled because it was refused, why. */
  outcome(attachment: Attachment | undefined, { seq, outcome }: Answer): Outcome {
    if (attachment === undefined || outcome.type === "blocked") return outcome;
    const refused = this.refused.get(attachment);
    const why = refused?.get(seq);
    if (why === undefined) return outcome;
    refused?.delete(seq);
    // One that was under way already, and was executed, keeps its answer.
    if (outcome.type !== "refused" || outcome.code !== "NOT_EXECUTED") return outcome;
    return { type: "refused", code: "DENIED", message: why, executed: "no" };
  }
}

/** Why somebody may not see the state of an object; null when they may. @param object "Class/name"; null for all */
export function mayNotWatch(identity: Identity, object: string | null, refuse: Refuse | null): string | null {
  const lack = lacks(identity, "state");
  if (lack !== null || refuse === null) return lack;
  if (object !== null) return judge(refuse, identity, "state", object, null, []);
  return refuse({ user: identity.user, kind: "state", object, method: null, args: [] });
}

/** By its full address: "Counter" and "Counter/main" are one object. */
function judge(
  refuse: Refuse,
  { user }: Identity,
  kind: Right,
  object: string,
  method: string | null,
  args: readonly unknown[],
): string | null {
  const address = parseObject(object);
  if (address === null) return "that is not the address of an object (Class/name)";
  return refuse({ user, kind, object: formatObject(address), method, args });
}
