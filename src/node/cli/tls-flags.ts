/**
 * The flags of TLS: `--tls-cert --tls-key --tls-ca` of nodes and of verbs that speak as nodes do, `--tls-ca` of those
 * that speak as clients do.
 */
import { type Command, Option } from "commander";
import { dialWith, showing, trusting } from "../tls/dial.ts";
import { loadAuthority, type TlsFiles } from "../tls/files.ts";
import { usage } from "./failure.ts";

export interface TlsFlags {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

/** Verbs that ask nodes over the protocol that nodes speak with each other. */
const asNodes = new Set(["leave", "evict", "upgrade", "backup", "sessions"]);

/** The flags of a node. */
export function nodeTlsOptions(command: Command): Command {
  return command
    .addOption(
      certOption("its certificate, PEM: the port speaks TLS only then; SIGHUP reads all files again"),
    )
    .addOption(keyOption("the key of --tls-cert, PEM"))
    .addOption(caOption("the authority of all nodes' certificates, PEM: who shows none of it is no node"));
}

/** Adds to every verb with `-b` that is not a node what it needs to reach nodes with TLS. */
export function addTlsOptions(root: Command): void {
  for (const command of root.commands) {
    const has = (flag: string) => command.options.some(({ long }) => long === flag);
    if (!has("--boot") || has("--tls-cert")) continue;
    command.addOption(caOption("the authority of the nodes' certificates, PEM: host:port means wss:// then"));
    if (asNodes.has(command.name()))
      command
        .addOption(certOption("the certificate to show where nodes want one, PEM"))
        .addOption(keyOption("the key of --tls-cert, PEM"));
    command.hook("preAction", (_root, verb) => apply(verb.opts()));
  }
}

function certOption(what: string): Option {
  return new Option("--tls-cert <FILE>", what).env("CONCOORD_TLS_CERT");
}

function keyOption(what: string): Option {
  return new Option("--tls-key <FILE>", what).env("CONCOORD_TLS_KEY");
}

function caOption(what: string): Option {
  return new Option("--tls-ca <FILE>", what).env("CONCOORD_TLS_CA");
}

/** @returns undefined for a node without TLS. @throws Failure 2 for flags that lack another one */
export function tlsFiles({ tlsCert: cert, tlsKey: key, tlsCa: ca }: TlsFlags): TlsFiles | undefined {
  if (cert === undefined && key !== undefined) throw usage("--tls-key: --tls-cert is missing");
  if (cert !== undefined && key === undefined) throw usage("--tls-cert: --tls-key is missing");
  if (cert === undefined || key === undefined) return undefined;
  return { cert, key, ...(ca === undefined ? {} : { ca }) };
}

/**
 * As `tlsFiles`, of a node: an authority alone is nothing to it.
 * @throws Failure 2
 */
export function nodeTlsFiles(flags: TlsFlags): TlsFiles | undefined {
  const files = tlsFiles(flags);
  if (files === undefined && flags.tlsCa !== undefined)
    throw usage("--tls-ca: --tls-cert and --tls-key are missing");
  return files;
}

/** @throws Failure 2, TlsError */
function apply(flags: TlsFlags): void {
  const files = tlsFiles(flags);
  if (files !== undefined) dialWith(showing(files));
  else if (flags.tlsCa !== undefined) dialWith(trusting(loadAuthority(flags.tlsCa)));
}
