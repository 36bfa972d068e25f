/** Writes what an object is beside entries and properties: how many there are, a date's time, a pattern. */
import { type Kind, kind, millisOf, sizeOf } from "./builtins.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { ScalarWriter } from "./scalar-writer.ts";

/**
 * @returns whether elements or entries follow
 * @throws TypeError when the object only looks like one of its kind
 */
export function writeContent(sink: ByteSink, scalars: ScalarWriter, o: object, of: Kind): boolean {
  switch (of) {
    case kind.array: {
      const { length } = o as readonly unknown[];
      sink.count(length);
      return length > 0;
    }
    case kind.map:
    case kind.set: {
      const size = sizeOf(o, of);
      sink.count(size);
      return size > 0;
    }
    case kind.date:
      scalars.number(millisOf(o));
      return false;
    case kind.regexp: {
      const { source, flags, lastIndex } = o as RegExp;
      sink.text(source);
      sink.text(flags);
      scalars.number(Number(lastIndex));
      return false;
    }
    default:
      return false;
  }
}
