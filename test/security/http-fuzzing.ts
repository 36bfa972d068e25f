/** The HTTP of a node tried with broken bodies, query strings, headers and paths. */
import type { IncomingMessage } from "node:http";
import fc from "fast-check";
import { httpApp } from "../../src/node/http/app.ts";
import { Door } from "../../src/node/http/callers.ts";
import type { Status } from "../../src/shared/server/status.ts";
import type { Effort, Tried } from "./fuzzing.ts";

export const httpName = "HTTP";

const node = {
  status: () => ({ cluster: "c", leader: null, view: { number: 1 } }) as unknown as Status,
  sessions: () => ({ count: 0, list: [] }),
  ready: () => true,
  counts: () => null,
  call: async ({ args }: { readonly args: readonly unknown[] }) => args,
  watch: () => new Blob([]).stream(),
  state: async (object: string, slot: number | null) => ({
    object,
    slot: slot ?? 0,
    state: null,
    problem: null,
  }),
};
const tokens = { client: "a token", peer: null };
const names = () => ({ members: ["127.0.0.1:14000"], allowed: [] });
const app = httpApp({ node, door: new Door({ tokens, authenticator: null, names }) });
const incoming = { socket: { remoteAddress: "127.0.0.1" } } as unknown as IncomingMessage;

const odd = [
  "__proto__",
  "constructor",
  "Counter/main",
  "Counter",
  "",
  "\0",
  "\uD800",
  "%",
  "../..",
  "1e999",
];
const word = fc.oneof(fc.constantFrom(...odd), fc.string({ unit: "binary", maxLength: 40 }));
const body = fc.oneof(
  fc.record({ object: word, method: word, args: fc.array(fc.jsonValue()), key: word }, { requiredKeys: [] }),
  fc.record({ object: fc.jsonValue(), method: fc.jsonValue(), args: fc.jsonValue(), key: fc.jsonValue() }),
);
/** JSON, whole or with a part of it gone or doubled. */
const text = fc.tuple(body, fc.nat(200), fc.nat(8), fc.boolean()).map(([value, at, n, whole]) => {
  const json = JSON.stringify(value);
  return whole ? json : json.slice(0, at) + json.slice(at + n) + json.slice(0, n);
});
const path = fc.constantFrom(
  "/call",
  "/state.json",
  "/watch",
  "/view",
  "/status.json",
  "/",
  "/dns-query",
  "/x",
);
const header = fc.string({ unit: fc.constantFrom("a", "%", " ", '"', "/", ":", "=", "é"), maxLength: 30 });
const asked = fc.record({
  path,
  query: fc.string({ maxLength: 60 }).map((part) => part.replace(/[#\s]/g, "%")),
  text,
  posts: fc.boolean(),
  type: fc.oneof({ arbitrary: fc.constant("application/json"), weight: 4 }, { arbitrary: header, weight: 1 }),
  token: fc.oneof({ arbitrary: fc.constant("Bearer a token"), weight: 4 }, { arbitrary: header, weight: 1 }),
});

type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

/** @throws Error when the answer is not one that a node means */
async function survive({ path: at, query, text: content, posts, type, token }: Asked): Promise<void> {
  const headers = { host: "127.0.0.1:14000", "content-type": type, authorization: token };
  const init = posts ? { method: "POST", body: content, headers } : { headers };
  const { status, headers: told } = await app.request(`${at}?object=${query}`, init, { incoming });
  if (status >= 500 && status !== 503) throw new Error(`${at} answers ${status}`);
  if (told.get("x-content-type-options") !== "nosniff")
    throw new Error(`${at}: a browser may guess the type`);
}

/** Tries so many requests. */
export async function fuzzHttp({ seed, runs, millis, path: way }: Effort): Promise<Tried> {
  let worstMillis = 0;
  const property = fc.asyncProperty(asked, async (request) => {
    const began = process.cpuUsage();
    await survive(request);
    const { user, system } = process.cpuUsage(began);
    worstMillis = Math.max(worstMillis, (user + system) / 1_000);
  });
  const limit = millis === null ? {} : { interruptAfterTimeLimit: millis, markInterruptAsFailure: false };
  const found = await fc.check(property, {
    seed,
    numRuns: runs,
    ...limit,
    ...(way === undefined ? {} : { path: way }),
  });
  const failure = found.failed
    ? {
        error: String(found.errorInstance),
        bytes: JSON.stringify(found.counterexample),
        path: found.counterexamplePath ?? "",
      }
    : null;
  return {
    decoder: httpName,
    runs: found.numRuns,
    worstMillis: Math.round(worstMillis * 100) / 100,
    failure,
  };
}
