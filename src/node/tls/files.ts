/**
 * The files of TLS: a certificate with its chain, the key that belongs to it, the authority that signed the
 * certificates of the cluster. They are checked before anybody is shown them: what is wrong with them is told in one
 * line that names the file, not by handshakes that fail somewhere else.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

/** Paths; the files are read when TLS starts and whenever it is told to read them again. */
export interface TlsFiles {
  /** The node's certificate, and behind it those that lead to the authority: PEM. */
  readonly cert: string;
  /** Its private key, without a passphrase: PEM. */
  readonly key: string;
  /** The authority, or several, that signed the certificates of the nodes: PEM. With it nodes prove who they are. */
  readonly ca?: string;
}

/** One line that names the file, or the pair of files, and what is wrong. */
export class TlsError extends Error {
  override readonly name = "TlsError";
}

/** What was read, and fits together. */
export interface Loaded {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Null where nodes do not prove by certificates who they are. */
  readonly ca: Buffer | null;
  /** The certificate itself. */
  readonly leaf: X509Certificate;
}

/** The purpose of a certificate that a node shows when it dials (RFC 5280 4.2.1.12). */
const clientAuth = "1.3.6.1.5.5.7.3.2";
const serverAuth = "1.3.6.1.5.5.7.3.1";
const anyPurpose = "2.5.29.37.0";

/**
 * Reads and checks them.
 * @param now wall time in ms
 * @throws TlsError
 * @example const { leaf } = loadTls({ cert: "node.pem", key: "node.key" }, Date.now());
 */
export function loadTls(files: TlsFiles, now: number): Loaded {
  const cert = read(files.cert, "--tls-cert");
  const key = read(files.key, "--tls-key");
  const ca = files.ca === undefined ? null : read(files.ca, "--tls-ca");
  const [leaf, ...chain] = certificatesOf(cert, files.cert, "--tls-cert");
  if (leaf === undefined) throw noCertificate(files.cert, "--tls-cert");
  if (!leaf.checkPrivateKey(keyOf(key, files.key)))
    throw new TlsError(`--tls-key: ${files.key} does not belong to the certificate in ${files.cert}`);
  checkTime(leaf, files.cert, now);
  checkPurpose(leaf, files.cert, serverAuth, "serverAuth");
  if (ca !== null && files.ca !== undefined) {
    checkPurpose(leaf, files.cert, clientAuth, "clientAuth");
    if (!isSignedBy(leaf, chain, certificatesOf(ca, files.ca, "--tls-ca")))
      throw new TlsError(`--tls-cert: ${files.cert} is not signed by the authority in ${files.ca}`);
  }
  return { cert, key, ca, leaf };
}

/** The authority alone, as clients are given it. @throws TlsError */
export function loadAuthority(file: string): Buffer {
  const ca = read(file, "--tls-ca");
  certificatesOf(ca, file, "--tls-ca");
  return ca;
}

function read(file: string, flag: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new TlsError(`${flag}: cannot read ${file}: ${why}`);
  }
}

/** At least one. */
function certificatesOf(pem: Buffer, file: string, flag: string): readonly X509Certificate[] {
  const found = pem.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (found === null) throw noCertificate(file, flag);
  try {
    return found.map((one) => new X509Certificate(one));
  } catch (cause) {
    throw new TlsError(`${flag}: a certificate in ${file} is damaged`, { cause });
  }
}

function noCertificate(file: string, flag: string): TlsError {
  return new TlsError(`${flag}: ${file} holds no certificate in PEM`);
}

function keyOf(pem: Buffer, file: string): KeyObject {
  if (/ENCRYPTED/.test(pem.toString("latin1")))
    throw new TlsError(`--tls-key: ${file} has a passphrase, which nobody could type: take it away`);
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new TlsError(`--tls-key: ${file} holds no private key in PEM`, { cause });
  }
}

/** Others would refuse it: better no node than one that nobody can reach. */
function checkTime(leaf: X509Certificate, file: string, now: number): void {
  const { validFromDate: from, validToDate: to } = leaf;
  if (now > to.getTime()) throw new TlsError(`--tls-cert: ${file} has expired on ${to.toISOString()}`);
  if (now < from.getTime())
    throw new TlsError(`--tls-cert: ${file} is not valid before ${from.toISOString()}; is the clock right?`);
}

/** A certificate without a list of purposes serves all. */
function checkPurpose(leaf: X509Certificate, file: string, purpose: string, name: string): void {
  const purposes: readonly string[] | undefined = leaf.keyUsage;
  if (purposes === undefined || purposes.includes(purpose) || purposes.includes(anyPurpose)) return;
  throw new TlsError(`--tls-cert: ${file} may not be used for ${name}: its extended key usage lacks it`);
}

function isSignedBy(
  leaf: X509Certificate,
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): boolean {
  let at = leaf;
  // Each step uses up a certificate at most: a circle ends.
  for (let steps = 0; steps <= chain.length; steps++) {
    const signs = (one: X509Certificate) => at.checkIssued(one) && at.verify(one.publicKey);
    if (roots.some(signs)) return true;
    const issuer = chain.find(signs);
    if (issuer === undefined) return false;
    at = issuer;
  }
  return false;
}
