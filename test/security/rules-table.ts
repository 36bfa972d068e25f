/** The operator's own rules, and which pages may speak with a node: cases that throw when they fail. */
import assert from "node:assert/strict";
import { type Auth, Authenticator } from "../../src/node/auth/authenticator.ts";
import { operationOf } from "../../src/node/auth/operators.ts";
import { isOwnPage, originOf } from "../../src/node/auth/origins.ts";
import { authenticationsMax } from "../../src/shared/limits.ts";
import type { Action } from "../../src/shared/wire/identity.ts";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";
import { table } from "../paxos/case.ts";
import type { LaterCase } from "../server/fetch-rig.ts";
import { peers } from "../wire/samples.ts";

function rules(auth: Partial<Auth>) {
  const lines: string[] = [];
  const made = new Authenticator({ authenticate: () => null, ...auth }, (line) => lines.push(line));
  const ask = (token: string | null) => made.identify({ token, origin: null, headers: new Headers() });
  return { made, ask, lines };
}

/** What code of the operator's may return by mistake: its types do not hold it back. */
function returning(value: unknown): Partial<Auth> {
  return { authenticate: () => value as null };
}

const mistakes: LaterCase = {
  name: "rules: whatever goes wrong in authenticate lets nobody in, and its log holds no token",
  run: async () => {
    const wrong: readonly Partial<Auth>[] = [
      ...[undefined, true, "ann", {}, { user: "ann" }, { rights: [] }, []].map(returning),
      ...[7, "", "a\nb", "x".repeat(129), "\ud800", {}].map((user) => returning({ user, rights: ["read"] })),
      ...["read", [["read"]], ["root"], null, { 0: "read" }].map((rights) =>
        returning({ user: "ann", rights }),
      ),
      {
        authenticate: ({ token }) => {
          throw new Error(`no such token: ${token}`);
        },
      },
      { authenticate: ({ token }) => Promise.reject(new Error(`no such token: ${token}`)) },
    ];
    for (const auth of wrong) {
      const { ask, lines } = rules(auth);
      const found = await ask("sesame");
      assert.equal("code" in found && found.code, "DENIED", JSON.stringify(found));
      assert.equal(lines.length, 1);
      assert.equal(`${lines.join()}${JSON.stringify(found)}`.includes("sesame"), false);
    }
    const nobody = rules({});
    assert.deepEqual(await nobody.ask("x"), { code: "DENIED", message: "the token is wrong" });
    assert.deepEqual(await nobody.ask(null), { code: "DENIED", message: "a token is needed" });
    assert.deepEqual(nobody.lines, []);
    const ann = rules({ authenticate: async () => ({ user: "ann", rights: ["read", "read", "call"] }) });
    assert.deepEqual(await ann.ask("x"), { user: "ann", rights: ["read", "call"] });
  },
};

const atOnce: LaterCase = {
  name: "rules: so many questions at once, and no more",
  run: async () => {
    const wait = Promise.withResolvers<null>();
    const { ask } = rules({ authenticate: () => wait.promise });
    const asked = Array.from({ length: authenticationsMax }, () => ask("x"));
    const one = await ask("x");
    assert.equal("code" in one && one.code, "BUSY");
    wait.resolve(null);
    for (const each of await Promise.all(asked)) assert.equal("code" in each && each.code, "DENIED");
    const again = await ask("x");
    assert.equal("code" in again && again.code, "DENIED");
  },
};

const action: Action = { user: "ann", kind: "call", object: "A/main", method: "m", args: [] };
const verdicts: readonly (readonly [string, Partial<Auth>, RegExp | null, number])[] = [
  ["without authorize", {}, null, 0],
  ["true", { authorize: () => true }, null, 0],
  ["false", { authorize: () => false }, /^ann may not call A\/main\.m$/, 0],
  ["truthy", { authorize: () => 1 as unknown as boolean }, /could not be found out/, 1],
  ["a promise of true", { authorize: () => Promise.resolve(true) as unknown as boolean }, /could not/, 1],
  [
    "a throw",
    {
      authorize: () => {
        throw new Error("off");
      },
    },
    /could not be found out/,
    1,
  ],
];
const authorize: LaterCase = {
  name: "rules: only true allows",
  run: async () => {
    for (const [what, auth, expected, logged] of verdicts) {
      const { made, lines } = rules(auth);
      const why = made.refuse(action);
      if (expected === null) assert.equal(why, null, what);
      else assert.match(why ?? "allowed", expected, what);
      assert.equal(lines.length, logged, what);
    }
  },
};

const members = ["10.1.2.3:14000", "node.example:443"];
const allowed = ["https://app.example"];
const pages = table(
  "origins: which pages may speak with a node",
  [
    [undefined, "anything", false, true],
    ["http://10.1.2.3:14000", "10.1.2.3:14000", false, true],
    ["http://127.0.0.1:14001", "127.0.0.1:14001", false, true],
    ["http://localhost:9000", "localhost:9000", false, true],
    ["http://[::1]:9000", "[::1]:9000", false, true],
    // A page of another member goes on with this one.
    ["https://node.example", "10.1.2.3:14000", true, true],
    ["http://node.example", "10.1.2.3:14000", false, false],
    // Of the operator's list, wherever the proxy leads.
    ["https://app.example", "10.1.2.3:14000", false, true],
    ["https://app.example:8443", "10.1.2.3:14000", false, false],
    ["http://app.example", "10.1.2.3:14000", false, false],
    ["https://app.example", "app.example", true, true],
    // A name that was made to mean this machine.
    ["http://evil.example:14000", "evil.example:14000", false, false],
    ["http://evil.example:14000", "10.1.2.3:14000", false, false],
    ["https://app.example.evil.example", "10.1.2.3:14000", true, false],
    ["https://app.example@evil.example", "10.1.2.3:14000", true, false],
    ["http://10.9.9.9:14000", "10.9.9.9:14001", false, false],
    // Whoever stands between made a page without TLS.
    ["http://10.1.2.3:14000", "10.1.2.3:14000", true, false],
    ["null", "10.1.2.3:14000", false, false],
    ["", "10.1.2.3:14000", false, false],
    ["file://", "", false, false],
  ] as const,
  ([origin, host, isSecure, expected]) => {
    const headers = { host, ...(origin === undefined ? {} : { origin }) };
    assert.equal(isOwnPage(headers, { members, allowed }, isSecure), expected);
  },
);

const texts = table(
  "origins: what is one",
  [
    ["https://App.Example:443/", "https://app.example"],
    ["http://localhost:3000", "http://localhost:3000"],
    ["app.example", null],
    ["https://app.example/path", null],
    ["https://user@app.example", null],
    ["*", null],
    ["null", null],
    ["ftp://app.example", null],
  ] as const,
  ([text, expected]) => assert.equal(originOf(text), expected),
);

/** All that verbs of the command line ask. */
const questions: readonly PeerMessage["type"][] = [
  ...(["askGenesis", "askChange", "endSession", "takeSnapshot", "askSnapshot"] as const),
  ...(["askLog", "fetchCode", "offerCode", "askUpgrade"] as const),
];
const operators: LaterCase = {
  name: "operators: they ask what verbs ask, and say nothing that makes a member",
  run: async () => {
    for (const message of peers) {
      const isQuestion = questions.includes(message.type);
      assert.equal(operationOf(message) !== undefined, isQuestion, message.type);
    }
  },
};

const later = (one: { readonly name: string; run(): void }): LaterCase => ({
  name: one.name,
  run: async () => one.run(),
});
export const ruleCases: readonly LaterCase[] = [
  mistakes,
  atOnce,
  authorize,
  later(pages),
  later(texts),
  operators,
];
