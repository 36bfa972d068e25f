/**
 * What happens in a script, as text: one line for each event; the same in consecutive slots is one line, at the place
 * of the first, when nothing else happened to that node in between.
 */

import { unreachable } from "../../src/shared/paxos/ids.ts";
import type { PaxosMessage } from "../../src/shared/paxos/types.ts";
import { showBallot, showProposal } from "./case.ts";

export interface Line {
  readonly who: string;
  /** Null when it is not about one slot. */
  readonly slot: number | null;
  readonly what: string;
}

export class Trace {
  private lines: (Line & { to: number | null })[] = [];

  add(line: Line): void {
    const last = this.lines.findLast((l) => actor(l) === actor(line));
    const same = last !== undefined && last.who === line.who && last.what === line.what;
    if (same && last.to !== null && line.slot === last.to + 1) last.to = line.slot;
    else this.lines.push({ ...line, to: line.slot });
  }

  /** What happened since it was taken last. */
  take(): string[] {
    const lines = this.lines.map(({ who, slot, to, what }) => {
      const slots = slot === null ? "" : slot === to ? `#${slot}` : `#${slot}..#${to}`;
      return [who, slots, what].filter((part) => part !== "").join(" ");
    });
    this.lines = [];
    return lines;
  }
}

/** A node, or the way of a message. */
function actor({ who }: Line): string {
  return who.split(" ")[0] ?? "";
}

export function showMessage(way: string, m: PaxosMessage): Line {
  const line = (slot: number | null, what: string, head = ""): Line => ({
    who: `${way} ${m.type}${head}`,
    slot,
    what,
  });
  switch (m.type) {
    case "p1a":
      return line(null, `${showBallot(m.ballot)} above #${m.from}, view ${m.view}`);
    case "p1b": {
      const accepted = m.accepted.map(
        (v) => `#${v.slot} ${showProposal(v.proposal)}@${showBallot(v.ballot)}`,
      );
      const held = accepted.length === 0 ? "nothing" : accepted.join(", ");
      const part = m.upTo === null ? "" : `, up to #${m.upTo}`;
      return line(null, `${asked(m)}, decided #${m.decided}, above #${m.above}${part}: ${held}`);
    }
    case "p2a": {
      const { ballot, slot, proposal } = m.pvalue;
      const mark = `(view ${m.view} from #${m.first}, decided #${m.decided})`;
      return line(slot, `${showProposal(proposal)} ${mark}`, ` ${showBallot(ballot)}`);
    }
    case "p2b":
      return line(m.slot, "", ` ${asked(m)}`);
    case "behind":
      return line(null, `${showBallot(m.asked)}, decided #${m.decided}`);
    case "decided":
    case "lead":
      return line(m.decided, "", ` ${showBallot(m.ballot)}`);
    case "catchup":
      return line(null, `from #${m.from}`);
    case "decisions": {
      const [first, last] = [m.values[0], m.values.at(-1)];
      const slots = first === undefined ? "none" : `#${first.slot}..#${last?.slot}`;
      return line(null, `${slots}, decided #${m.decided}`);
    }
    case "heartbeat":
      return line(null, `${showBallot(m.ballot)}${m.leading ? " leading" : ""}, decided #${m.decided}`);
    case "confirm":
    case "confirmed":
    case "readAsk":
    case "readAt":
      return showRead(m, line);
    case "kept":
      return line(m.decided, "");
    case "view":
      return line(null, `${m.view.number} from #${m.view.first}`);
    default:
      return unreachable(m);
  }
}

type Read = Extract<PaxosMessage, { type: "confirm" | "confirmed" | "readAsk" | "readAt" }>;

/** Questions are numbered; from where on does not matter. */
function showRead(m: Read, line: (slot: number | null, what: string, head?: string) => Line): Line {
  switch (m.type) {
    case "confirm":
      return line(null, "", ` ${showBallot(m.ballot)}`);
    case "confirmed":
      return line(null, "", ` ${asked(m)}`);
    case "readAsk":
      return line(null, `promised ${showBallot(m.ballot)}`);
    case "readAt":
      return line(m.slot, "");
    default:
      return unreachable(m);
  }
}

/** The ballot that is answered, and the promise when it is another one: a refusal. */
function asked(m: Extract<PaxosMessage, { type: "p1b" | "p2b" | "confirmed" }>): string {
  const [of, promised] = [showBallot(m.asked), showBallot(m.ballot)];
  return of === promised ? of : `${of} refused, promised ${promised}`;
}
