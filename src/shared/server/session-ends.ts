/**
 * Sessions that an operator wants to end: each is closed in the log, as its client would, and who asked is told when
 * this node has executed that.
 */
import { sessionEndsMax } from "../limits.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { ObjectCodec, SessionId } from "../object/types.ts";
import { type Millis, millis } from "../paxos/ids.ts";
import type { PeerMessage } from "../wire/messages.ts";

/** When a close is sent again: it may have been lost on its way to the leader. */
const againMillis = 500;
/** How long a question is kept; who asks repeats it or gives up. */
const questionMillisMax = 60_000;

/** Which sessions a node can be asked about: none, those opened up to what it has executed, or all that there are. */
export type Known = "nothing" | "executed" | "all";

interface Question {
  readonly session: SessionId;
  /** Whether this node has seen it open. */
  readonly seen: boolean;
  readonly since: Millis;
  readonly sentAt: Millis;
  readonly reply: (message: PeerMessage) => void;
}

export class SessionEnds {
  private readonly machine: StateMachine;
  private readonly route: (command: Uint8Array) => void;
  private readonly codec: ObjectCodec;
  private readonly known: () => Known;
  private questions: readonly Question[] = [];

  /** @param route sends a meta command to the leader */
  constructor(
    machine: StateMachine,
    route: (command: Uint8Array) => void,
    codec: ObjectCodec,
    known: () => Known,
  ) {
    this.machine = machine;
    this.route = route;
    this.codec = codec;
    this.known = known;
  }

  asked(session: SessionId, reply: (message: PeerMessage) => void, now: Millis): void {
    const question = { session, seen: false, since: now, sentAt: millis(now - againMillis), reply };
    this.questions = [...this.questions.slice(1 - sessionEndsMax), question];
    this.turned(now);
  }

  /** After each turn: what has ended is answered, what has not is sent again. */
  turned(now: Millis): void {
    if (this.questions.length === 0) return;
    this.questions = this.questions.flatMap((question) => this.goOn(question, now));
  }

  /** The question as it waits from now on; nothing when it is over. */
  private goOn(question: Question, now: Millis): readonly Question[] {
    const { session, since, sentAt, reply } = question;
    if (this.machine.session(session) === null) {
      const answer = this.absent(question);
      if (answer !== null) reply(answer);
      return answer === null && now - since < questionMillisMax ? [question] : [];
    }
    if (now - since >= questionMillisMax) return [];
    if (now - sentAt < againMillis) return [{ ...question, seen: true }];
    this.route(this.codec.encodeCommand({ type: "close", session }));
    return [{ ...question, seen: true, sentAt: now }];
  }

  /** What is said of a session that is not open here; null when it may be open without this node knowing yet. */
  private absent({ session, seen }: Question): PeerMessage | null {
    if (seen) return { type: "sessionEnded", session };
    const refuse = (message: string) => ({ type: "changeRefused", code: "DENIED", message }) as const;
    const known = this.known();
    if (known === "nothing") return refuse("this node holds no sessions: ask another replica");
    // An id begins with the slot in which the session was opened.
    if (known === "executed" && Number.parseInt(session, 10) > this.machine.executed) return null;
    return refuse(`no session ${session} is open`);
  }
}
