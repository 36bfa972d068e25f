/**
 * TLS of a node: what its port shows, what it shows when it dials others, and whom it trusts. The files may be read
 * again while it runs: connections stay as they are, new ones get what is new.
 */
import { isIP } from "node:net";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { type DialTls, tlsVersionMin } from "./dial.ts";
import { type Loaded, loadTls, type TlsFiles } from "./files.ts";

/** From so many days before it expires a certificate is said to. */
const expiryDays = 14;
const dayMillis = 86_400_000;

export class NodeTls implements DialTls {
  readonly isUsual = true;
  private readonly files: TlsFiles;
  private loaded: Loaded;
  private dialling: SecureContext;
  private readonly changed: (() => void)[] = [];

  /** @throws TlsError when the files cannot be read or do not fit together */
  constructor(files: TlsFiles) {
    this.files = files;
    this.loaded = loadTls(files, Date.now());
    this.dialling = dialContext(this.loaded);
  }

  /** Whether nodes prove by certificates who they are. */
  get isMutual(): boolean {
    return this.loaded.ca !== null;
  }

  /** For the port. */
  get shown(): SecureContextOptions {
    const { cert, key, ca } = this.loaded;
    return { cert, key, ...(ca === null ? {} : { ca }), minVersion: tlsVersionMin };
  }

  /** For what it dials. */
  context(): SecureContext {
    return this.dialling;
  }

  /** @param run called after each successful `reload` */
  onChange(run: () => void): void {
    this.changed.push(run);
  }

  /**
   * Reads the files again.
   * @returns what there is to say of the new ones
   * @throws TlsError when they are wrong: then everything stays as it was
   */
  reload(): string {
    const loaded = loadTls(this.files, Date.now());
    const dialling = dialContext(loaded);
    // Whether nodes must show certificates was settled when the port was opened; the flags have not changed.
    this.loaded = loaded;
    this.dialling = dialling;
    for (const run of this.changed) run();
    return `the certificate of ${this.files.cert} is valid until ${loaded.leaf.validToDate.toISOString()}`;
  }

  /** What an operator should know; a line each. */
  get problems(): readonly string[] {
    const { leaf } = this.loaded;
    const left = leaf.validToDate.getTime() - Date.now();
    if (left < 0) return [`the certificate has expired on ${leaf.validToDate.toISOString()}`];
    if (left >= expiryDays * dayMillis) return [];
    const days = Math.floor(left / dayMillis);
    return [`the certificate expires on ${leaf.validToDate.toISOString()}, in ${days} days`];
  }

  /** What is wrong with it for a node that is reached under that name or address; null for nothing. */
  misnames(host: string): string | null {
    const { leaf } = this.loaded;
    const names = isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host);
    if (names !== undefined) return null;
    return `the certificate of ${this.files.cert} does not name ${host}: whoever checks it refuses this node`;
  }
}

function dialContext({ cert, key, ca }: Loaded): SecureContext {
  return createSecureContext({ ...(ca === null ? {} : { ca, cert, key }), minVersion: tlsVersionMin });
}
