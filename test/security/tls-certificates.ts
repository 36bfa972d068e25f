/** Certificates for tests, made by openssl in a temporary folder: authorities, and what they sign. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether openssl is installed; says in one line what is left out where it is not. */
export const hasOpenssl = spawnSync("openssl", ["version"], { stdio: "ignore" }).error === undefined;
if (!hasOpenssl)
  process.stdout.write("left out: TLS with real certificates; apt-get install openssl for it\n");

/** Paths. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Wanted {
  /** From now; negative for one that has expired. */
  readonly days?: number;
  /** As openssl writes them. */
  readonly names?: string;
  /** The extended key usage; none unless given. */
  readonly purposes?: string;
  /** May sign others. */
  readonly isAuthority?: boolean;
}

const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** A folder of authorities and certificates. */
export class Certificates {
  readonly folder = mkdtempSync(join(tmpdir(), "concoord-tls-"));
  private serial = 1;

  path(name: string): string {
    return join(this.folder, name);
  }

  /** One that trusts itself. */
  authority(name: string): Pair {
    const pair = this.pair(name);
    const words = ["-keyout", pair.key, "-out", pair.cert, "-days", "9", "-subj", `/CN=${name}`];
    openssl("req", "-x509", ...curve, ...words);
    return pair;
  }

  /** A certificate for 127.0.0.1 and localhost, unless other names are wanted; 30 days. */
  issue(name: string, by: Pair, wanted: Wanted = {}): Pair {
    const { days = 30, names = "IP:127.0.0.1,DNS:localhost", purposes, isAuthority = false } = wanted;
    const pair = this.pair(name);
    const [request, extensions] = [this.path(`${name}.csr`), this.path(`${name}.ext`)];
    openssl("req", ...curve, "-keyout", pair.key, "-out", request, "-subj", `/CN=${name}`);
    const lines = [
      `subjectAltName=${names}`,
      `basicConstraints=critical,CA:${isAuthority ? "TRUE" : "FALSE"}`,
    ];
    if (purposes !== undefined) lines.push(`extendedKeyUsage=${purposes}`);
    writeFileSync(extensions, `${lines.join("\n")}\n`);
    const signed = ["-CA", by.cert, "-CAkey", by.key, "-set_serial", String(this.serial++)];
    openssl(
      "x509",
      "-req",
      "-in",
      request,
      ...signed,
      "-days",
      String(days),
      "-extfile",
      extensions,
      "-out",
      pair.cert,
    );
    return pair;
  }

  /** Writes the contents of several files into one. */
  join(name: string, ...files: readonly string[]): string {
    const path = this.path(name);
    writeFileSync(path, files.map((file) => readFileSync(file, "utf8")).join(""));
    return path;
  }

  write(name: string, text: string): string {
    const path = this.path(name);
    writeFileSync(path, text);
    return path;
  }

  /** The same key, under a passphrase. */
  encrypted(name: string, { key }: Pair): string {
    const path = this.path(name);
    openssl("pkcs8", "-topk8", "-in", key, "-out", path, "-passout", "pass:secret");
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private pair(name: string): Pair {
    return { cert: this.path(`${name}.pem`), key: this.path(`${name}.key`) };
  }
}

function openssl(...words: readonly string[]): void {
  const { status, stderr } = spawnSync("openssl", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${words.join(" ")}: ${stderr}`);
}
