/** Declared reads in a cluster that is none: they wait for what they must, and no longer. */
import type { ClassInfo, Outcome } from "../../src/shared/object/types.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { ReadMessage, ServerMessage } from "../../src/shared/wire/messages.ts";
import { decodeCalls, encodeValue } from "../../src/shared/wire/values.ts";
import type { FakeLink } from "./fake-node.ts";

interface State {
  counter: number;
  quorum: boolean;
}

export class FakeReads {
  /** What the answer that opens a session says of the class. */
  declared = ["getvalue", "gone"];
  /** So many reads are refused with BUSY. */
  busy = 0;
  private readonly state: State;
  /** Commands that were executed. */
  private executed = 0;
  private waiting: { readonly link: FakeLink; readonly message: ReadMessage }[] = [];

  constructor(state: State) {
    this.state = state;
  }

  get info(): ClassInfo {
    return { name: "Counter", fingerprint: "", methods: ["increment"], reads: this.declared };
  }

  get seen(): ServerMessage {
    return { type: "seen", slot: slot(this.executed) };
  }

  /** A command that came by `link` was executed. */
  passed(link: FakeLink): void {
    this.executed++;
    link.say(this.seen);
    this.look();
  }

  receive(link: FakeLink, message: ReadMessage): void {
    if (link.attached?.id !== message.session) throw new Error("a read without its session");
    if (link.attached.ended) return link.say({ type: "ended", session: message.session });
    this.waiting.push({ link, message });
    this.look();
  }

  /** Something was executed, or there is a quorum again. */
  look(): void {
    this.waiting = this.waiting.filter(({ link, message }) => !this.tryRun(link, message));
  }

  private tryRun(link: FakeLink, message: ReadMessage): boolean {
    const { after, local } = message;
    if (link.node.stuck || (link.attached?.next ?? 0) <= after) return false;
    if (local === null ? !this.state.quorum : this.executed - link.node.lag < local) return false;
    const { session, id, n } = message;
    const answers = decodeCalls(message.payload, n).map((call, i): ServerMessage => {
      return { type: "readAnswer", session, id: id + i, outcome: this.run(link, call.method) };
    });
    link.say(this.seen, ...answers);
    return true;
  }

  private run(link: FakeLink, method: string): Outcome {
    const refuse = (code: "BUSY" | "STALE_CLASS"): Outcome => {
      return { type: "refused", code, message: "no", executed: "no" };
    };
    if (this.busy > 0) {
      this.busy--;
      return refuse("BUSY");
    }
    if (method !== "getvalue") return refuse("STALE_CLASS");
    return { type: "returned", value: encodeValue(this.state.counter - link.node.lag) };
  }
}
