/** Outcomes within the messages that bring them to clients: the same fields behind each message's own. */
import { reasonCharsMax } from "../limits.ts";
import type { Outcome } from "../object/types.ts";
import { unreachable } from "../paxos/ids.ts";
import { bad } from "./bad-frame.ts";
import { bool, bytes, clip, code } from "./fields.ts";
import { messages, sentence } from "./record.ts";

const outcomeTags = { returned: 1, threw: 2, blocked: 3, refused: 4 } as const satisfies Record<
  Outcome["type"],
  number
>;

/** The outcome's tag, then its fields, behind the session and the seq or id. */
export function answerTuple(tag: number, session: string, of: number, o: Outcome): readonly unknown[] {
  switch (o.type) {
    case "returned":
      return [tag, session, of, outcomeTags.returned, o.value];
    case "threw":
      return [tag, session, of, outcomeTags.threw, o.error];
    case "blocked":
      return [tag, session, of, outcomeTags.blocked];
    case "refused": {
      const why = clip(o.message, reasonCharsMax);
      return [tag, session, of, outcomeTags.refused, o.code, why, o.executed === "yes"];
    }
    default:
      return unreachable(o);
  }
}

const outcomes = messages<Outcome>(outcomeTags, {
  returned: { value: bytes },
  threw: { error: bytes },
  blocked: {},
  refused: { code, message: sentence, executed: (v, what) => (bool(v, what) ? "yes" : "no") },
});

/** Reads what `answerTuple` made. @throws BadFrame */
export function outcome(item: readonly unknown[]): Outcome {
  // Nearly all are: it is read by hand.
  if (item[3] === outcomeTags.returned && item.length === 5)
    return { type: "returned", value: bytes(item[4], "returned.value") };
  const read = outcomes.get(item[3]) ?? bad("answer.outcome", "of a known kind");
  return read(item.slice(3));
}
