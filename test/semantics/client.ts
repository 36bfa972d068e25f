/** A program of its own that makes calls through one session at a time, as it is told, and reports what they answer. */
import { ConcoordError, openSession, type Session } from "concoord";
import type { Ask, Report } from "./client-process.ts";

const [bootstrap = ""] = process.argv.slice(2);
let session: Session | null = null;
const calls = new Map<number, AbortController>();

function report(said: Report): void {
  process.send?.(said);
}

/** JSON, and the numbers that it does not have. */
function wordValue(word: string): unknown {
  const value: unknown = JSON.parse(word);
  if (value === "NaN") return Number.NaN;
  return value === "Infinity" ? Number.POSITIVE_INFINITY : value;
}

/** An answer as tables write it: a value, "CODE Name" of an error that was thrown, "CODE executed" of one of ours. */
async function shown(answer: Promise<unknown>): Promise<string> {
  try {
    const value = await answer;
    return value === undefined ? "undefined" : JSON.stringify(value);
  } catch (error) {
    if (error instanceof ConcoordError) return `${error.code} ${error.executed}`;
    if (!(error instanceof Error)) throw error;
    return `${"code" in error ? error.code : "-"} ${error.name}`;
  }
}

async function call({ id, object, method, args }: Extract<Ask, { type: "call" }>): Promise<void> {
  if (session === null) throw new Error("no session is open");
  const control = new AbortController();
  calls.set(id, control);
  const from = performance.now();
  const { signal } = control;
  const answer = await shown(session.call(object, method, args.map(wordValue), { signal }));
  calls.delete(id);
  report({ type: "answer", id, answer, millis: performance.now() - from });
}

async function obey(ask: Ask): Promise<void> {
  switch (ask.type) {
    case "open":
      session = openSession(bootstrap, { sessionTtl: ask.ttl });
      await session.call(ask.object, ask.method);
      return report({ type: "opened" });
    case "call":
      return call(ask);
    case "abort":
      calls.get(ask.id)?.abort();
      return;
    case "close":
      await session?.[Symbol.asyncDispose]();
      session = null;
      return report({ type: "closed" });
  }
}

process.on("message", (ask: Ask) => {
  obey(ask).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit(0));
