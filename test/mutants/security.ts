/** Bugs planted in who is let in, and in who may do what. */
import type { Mutant } from "./mutant.ts";

const handshake = "src/shared/wire/handshake.ts";
const dialer = "src/shared/wire/dialer-hello.ts";
const guard = "src/shared/server/guard.ts";
const rules = "src/node/auth/authenticator.ts";
const origins = "src/node/auth/origins.ts";

const helloMutants: readonly Mutant[] = [
  {
    name: "whatever proof comes, it counts",
    rule: "identity",
    killer: "hello: who is let in",
    edits: [{ file: handshake, find: "proven))) found = one;", replace: "proven)) || one) found = one;" }],
  },
  {
    name: "a proof does not cover what the listener said",
    rule: "identity",
    killer: "hello: what was overheard",
    edits: [{ file: handshake, find: "[c.version, c.cluster, c.id, c.nonce, c.required]", replace: "[]" }],
  },
  {
    name: "a proof does not cover what the dialer wants to be",
    rule: "identity",
    killer: "hello: whoever stands between",
    edits: [
      {
        file: handshake,
        find: '"concoord hello", side, helloFields(h), listener',
        replace: '"concoord hello", side, [h.nonce], listener',
      },
    ],
  },
  {
    name: "a client's token lets nodes in",
    rule: "identity",
    killer: "hello: who is let in",
    edits: [
      {
        file: handshake,
        find: 'if (role === "peer") return entrance(peer, everybody);',
        replace: 'if (role === "peer") return [...entrance(peer, everybody), ...entrance(full, client)];',
      },
    ],
  },
  {
    name: "without a key any node is let in where clients need a token",
    rule: "identity",
    killer: "hello: who is let in",
    edits: [
      { file: handshake, find: "&& secrets.anyPeer !== true", replace: "&& secrets.anyPeer === false" },
    ],
  },
  {
    name: "an operator needs no right",
    rule: "authorization",
    killer: "hello: who is let in",
    edits: [{ file: handshake, find: 'role === "operator" ? lacks(', replace: 'role === "peer" ? lacks(' }],
  },
  {
    name: "a reader comes in as a client",
    rule: "authorization",
    killer: "hello: who is let in",
    edits: [{ file: handshake, find: "...entrance(looks, reader)", replace: "...entrance(looks, client)" }],
  },
  {
    name: "a dialer sends its token where it can be overheard",
    rule: "identity",
    killer: "hello: no token is sent",
    edits: [
      { file: dialer, find: "if (token !== null && !this.#isPrivate)", replace: "if (token === undefined)" },
    ],
  },
  {
    name: "a node sends its key to whoever asks",
    rule: "identity",
    killer: "hello: no token is sent",
    edits: [
      {
        file: dialer,
        find: 'role === "peer" && required === "token"',
        replace: "to === from",
      },
    ],
  },
  {
    name: "a node asks for tokens where they can be overheard",
    rule: "identity",
    killer: "hello: who is let in",
    edits: [
      {
        file: handshake,
        find: "identify !== null && !isPrivate)",
        replace: "identify === undefined && !isPrivate)",
      },
    ],
  },
  {
    name: "a name that begins like the loopback counts as it",
    rule: "identity",
    killer: "hello: which connections nobody can overhear",
    edits: [{ file: "src/shared/wire/private-url.ts", find: "(?:[/?#]|$)", replace: "" }],
  },
];

const guardMutants: readonly Mutant[] = [
  {
    name: "readers call what they like",
    rule: "authorization",
    killer: "guard: a reader reads",
    edits: [
      {
        file: guard,
        find: 'this.calls(connection.identity, "call",',
        replace: 'this.calls(connection.identity, "read",',
      },
    ],
  },
  {
    name: "reads need no right",
    rule: "authorization",
    killer: "guard: who lacks a right",
    edits: [
      {
        file: "src/shared/server/reads.ts",
        find: 'this.guard?.calls(connection.identity, "read", payload, n) ?? null',
        replace: "null as string | null",
      },
    ],
  },
  {
    name: "whoever is connected may watch",
    rule: "authorization",
    killer: "guard: who lacks a right",
    edits: [
      {
        file: guard,
        find: 'const lack = lacks(identity, "state");',
        replace: "const lack: string | null = null;",
      },
    ],
  },
  {
    name: "what is refused is not cancelled",
    rule: "authorization",
    killer: "guard: a reader reads",
    edits: [
      {
        file: guard,
        find: "if (isNews && !this.cancel(",
        replace: "if (isNews && seqs.length === 0 && !this.cancel(",
      },
    ],
  },
  {
    name: "of a command only the first call is looked at",
    rule: "authorization",
    killer: "guard: what is refused takes its turn",
    edits: [{ file: guard, find: "if (why !== null) return why;\n      }", replace: "return why;\n      }" }],
  },
  {
    name: "the rules are asked by the name that the client says",
    rule: "authorization",
    killer: "guard: what is refused takes its turn",
    edits: [{ file: guard, find: "object: formatObject(address), method", replace: "object, method" }],
  },
  {
    name: "what cannot be decoded is allowed",
    rule: "authorization",
    killer: "guard: what cannot be decoded",
    edits: [
      {
        file: guard,
        find: 'return "the calls cannot be decoded, so that nobody can say whether they are allowed";',
        replace: "return null;",
      },
    ],
  },
  {
    name: "sessions belong to nobody",
    rule: "authorization",
    killer: "guard: who lacks a right",
    edits: [
      {
        file: "src/shared/server/gateway.ts",
        find: "ttl: bounded, user: connection.user }",
        replace: "ttl: bounded, user: null }",
      },
    ],
  },
  {
    name: "whoever knows the secret has the session",
    rule: "authorization",
    killer: "guard: a session is its user's alone",
    edits: [
      {
        file: "src/shared/server/attachments.ts",
        find: "return this.machine.session(session)?.user === user;",
        replace: "return user !== undefined && session !== undefined;",
      },
    ],
  },
];

const ruleMutants: readonly Mutant[] = [
  {
    name: "an error of authenticate is told as it is",
    rule: "secrets",
    killer: "rules: whatever goes wrong",
    edits: [
      {
        file: rules,
        find: 'return { code: "DENIED", message: unclear };',
        replace: 'return { code: "DENIED", message: String(error) };',
      },
    ],
  },
  {
    name: "an error of authenticate is logged as it is",
    rule: "secrets",
    killer: "rules: whatever goes wrong",
    edits: [{ file: rules, find: 'text.replaceAll(token, "(the token)")', replace: "text" }],
  },
  {
    name: "whatever authorize returns that is true enough allows",
    rule: "authorization",
    killer: "rules: only true allows",
    edits: [
      { file: rules, find: "if (verdict === true) return null;", replace: "if (verdict) return null;" },
    ],
  },
  {
    name: "an authorize that throws allows",
    rule: "authorization",
    killer: "rules: only true allows",
    edits: [
      {
        file: rules,
        find: "this.log(`--auth: authorize failed",
        replace: "return null;\n      this.log(`--auth: authorize failed",
      },
    ],
  },
  {
    name: "a page is of this node whatever name leads here",
    rule: "origins",
    killer: "origins: which pages",
    edits: [
      { file: origins, find: "from.host === host && isOwnHost(host, names)", replace: "from.host === host" },
    ],
  },
  {
    name: "a page that came without TLS goes on with TLS",
    rule: "origins",
    killer: "origins: which pages",
    edits: [
      { file: origins, find: 'if (isSecure && from.protocol !== "https:") return false;', replace: "" },
    ],
  },
  {
    name: "an allowed origin is looked for by its name alone",
    rule: "origins",
    killer: "origins: which pages",
    edits: [
      {
        file: origins,
        find: "names.allowed.includes(from.origin)",
        replace: "names.allowed.some((one) => new URL(one).hostname === from.hostname)",
      },
    ],
  },
  {
    name: "operators speak as nodes do",
    rule: "authorization",
    killer: "operators: they ask what verbs ask",
    edits: [
      {
        file: "src/node/auth/operators.ts",
        find: ": questions[message.type];",
        replace: ": (questions[message.type] ?? null);",
      },
    ],
  },
];

export const securityMutants: readonly Mutant[] = [...helloMutants, ...guardMutants, ...ruleMutants];
