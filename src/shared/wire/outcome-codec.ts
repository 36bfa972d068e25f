/** Outcomes within the messages that bring them to clients: the same fields behind each message's own. */
import { reasonCharsMax } from "../limits.ts";
import type { Outcome } from "../object/types.ts";
import { unreachable } from "../paxos/ids.ts";
import { bad } from "./bad-frame.ts";
import { bool, bytes, clip, code, text, tuple } from "./fields.ts";

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

/** Reads what `answerTuple` made. @throws BadFrame */
export function outcome(item: readonly unknown[]): Outcome {
  switch (item[3]) {
    case outcomeTags.returned:
      return { type: "returned", value: bytes(tuple(item, "returned", 5)[4], "returned.value") };
    case outcomeTags.threw:
      return { type: "threw", error: bytes(tuple(item, "threw", 5)[4], "threw.error") };
    case outcomeTags.blocked:
      tuple(item, "blocked", 4);
      return { type: "blocked" };
    case outcomeTags.refused: {
      const [, , , , why, sentence, executed] = tuple(item, "refused", 7);
      return {
        type: "refused",
        code: code(why, "refused.code"),
        message: text(sentence, "refused.message", reasonCharsMax),
        executed: bool(executed, "refused.executed") ? "yes" : "no",
      };
    }
    default:
      return bad("answer.outcome", "of a known kind");
  }
}
