/** What is wrong with the files of TLS is told in one line before anybody is shown them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadTls, TlsError, type TlsFiles } from "../../src/node/tls/files.ts";
import { NodeTls } from "../../src/node/tls/node-tls.ts";
import { Certificates, hasOpenssl, type Pair } from "./tls-certificates.ts";

const dayMillis = 86_400_000;

describe.skipIf(!hasOpenssl)("the files of TLS", () => {
  let made: Certificates;
  let authority: Pair;
  let node: Pair;
  let files: Readonly<Record<string, TlsFiles>>;
  beforeAll(() => {
    made = new Certificates();
    authority = made.authority("authority");
    const other = made.authority("other");
    const middle = made.issue("middle", authority, { isAuthority: true });
    const below = made.issue("below", middle);
    node = made.issue("node", authority);
    const ca = authority.cert;
    files = {
      fit: { ...node, ca },
      alone: node,
      signedByItself: { ...authority, ca },
      chain: { cert: made.join("chain.pem", below.cert, middle.cert), key: below.key, ca },
      bundle: { ...node, ca: made.join("bundle.pem", other.cert, authority.cert) },
      bothPurposes: { ...made.issue("both", authority, { purposes: "serverAuth,clientAuth" }), ca },
      serverWithoutAuthority: made.issue("server", authority, { purposes: "serverAuth" }),
      noCert: { ...node, cert: made.path("nowhere.pem") },
      noKey: { ...node, key: made.path("nowhere.key") },
      noAuthority: { ...node, ca: made.path("nowhere.pem") },
      emptyCert: { ...node, cert: made.write("empty.pem", "nothing\n") },
      damaged: { ...node, cert: made.write("damaged.pem", damaged) },
      notAKey: { ...node, key: node.cert },
      passphrase: { ...node, key: made.encrypted("secret.key", node) },
      otherKey: { ...node, key: authority.key },
      expired: made.issue("expired", authority, { days: -1 }),
      noChain: { ...below, ca },
      otherAuthority: { ...node, ca: other.cert },
      serverOnly: { ...made.issue("serveronly", authority, { purposes: "serverAuth" }), ca },
      clientOnly: made.issue("clientonly", authority, { purposes: "clientAuth" }),
    };
  });
  afterAll(() => made.remove());

  const load = (name: string, now = Date.now()) => loadTls(files[name] as TlsFiles, now);

  test.each(["fit", "alone", "signedByItself", "chain", "bundle", "bothPurposes", "serverWithoutAuthority"])(
    "%s: taken",
    (name) => {
      expect(load(name).leaf.validToDate.getTime()).toBeGreaterThan(Date.now());
    },
  );

  test.each([
    ["noCert", /^--tls-cert: cannot read \S+nowhere\.pem: ENOENT$/],
    ["noKey", /^--tls-key: cannot read \S+nowhere\.key: ENOENT$/],
    ["noAuthority", /^--tls-ca: cannot read \S+nowhere\.pem: ENOENT$/],
    ["emptyCert", /^--tls-cert: \S+empty\.pem holds no certificate in PEM$/],
    ["damaged", /^--tls-cert: a certificate in \S+damaged\.pem is damaged$/],
    ["notAKey", /^--tls-key: \S+node\.pem holds no private key in PEM$/],
    ["passphrase", /^--tls-key: \S+secret\.key has a passphrase/],
    ["otherKey", /^--tls-key: \S+authority\.key does not belong to the certificate in \S+node\.pem$/],
    ["expired", /^--tls-cert: \S+expired\.pem has expired on 20\d\d-\d\d-\d\dT\S+Z$/],
    ["noChain", /^--tls-cert: \S+below\.pem is not signed by the authority in \S+authority\.pem$/],
    ["otherAuthority", /^--tls-cert: \S+node\.pem is not signed by the authority in \S+other\.pem$/],
    ["serverOnly", /^--tls-cert: \S+ may not be used for clientAuth: /],
    ["clientOnly", /^--tls-cert: \S+ may not be used for serverAuth: /],
  ] as const)("%s: refused", (name, message) => {
    expect(() => load(name)).toThrow(TlsError);
    expect(() => load(name)).toThrow(message);
  });

  test("time: not before it is valid, not after", () => {
    const later = (days: number) => Date.now() + days * dayMillis;
    expect(() => load("fit", later(-2))).toThrow(/is not valid before .* is the clock right\?$/);
    expect(() => load("fit", later(29))).not.toThrow();
    expect(() => load("fit", later(31))).toThrow(/has expired on/);
  });

  test("two weeks before it expires, an operator is told", () => {
    const problems = (days: number) => new NodeTls(made.issue(`for${days}`, authority, { days })).problems;
    expect(problems(30)).toEqual([]);
    expect(problems(10)).toEqual([expect.stringMatching(/^the certificate expires on .*, in 9 days$/)]);
  });

  test("a name that it lacks", () => {
    const tls = new NodeTls(node);
    expect([tls.misnames("127.0.0.1"), tls.misnames("localhost")]).toEqual([null, null]);
    expect(tls.misnames("10.0.0.1")).toMatch(
      /does not name 10\.0\.0\.1: whoever checks it refuses this node$/,
    );
  });
});

const damaged = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
