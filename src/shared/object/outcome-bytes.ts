/** Outcomes in a snapshot. */
import { frameBytesMax, reasonCharsMax } from "../limits.ts";
import { unreachable } from "../paxos/ids.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { ByteSource } from "./byte-source.ts";
import { codes, type Outcome } from "./types.ts";

/** Part of the snapshot's format, as are the places of the codes. */
const tags = { returned: 0, threw: 1, blocked: 2, refused: 3 } as const;

export function writeOutcome(sink: ByteSink, outcome: Outcome): void {
  sink.byte(tags[outcome.type]);
  switch (outcome.type) {
    case "returned":
      return sink.bytes(outcome.value);
    case "threw":
      return sink.bytes(outcome.error);
    case "blocked":
      return;
    case "refused":
      sink.count(codes.indexOf(outcome.code));
      sink.byte(outcome.executed === "yes" ? 1 : 0);
      return sink.text(outcome.message);
    default:
      return unreachable(outcome);
  }
}

/** @throws BadSnapshot */
export function readOutcome(source: ByteSource): Outcome {
  switch (source.byte()) {
    case tags.returned:
      return { type: "returned", value: source.bytes(frameBytesMax).slice() };
    case tags.threw:
      return { type: "threw", error: source.bytes(frameBytesMax).slice() };
    case tags.blocked:
      return { type: "blocked" };
    case tags.refused: {
      const code = codes[source.count()] ?? source.bad("an unknown code");
      const executed = source.count(1) === 1 ? "yes" : "no";
      return { type: "refused", code, executed, message: source.text(reasonCharsMax) };
    }
    default:
      return source.bad("an unknown outcome");
  }
}
