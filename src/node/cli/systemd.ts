/** `concoord systemd`: prints a unit file for a replica with these flags, for the machine where it is run. */
import { statSync } from "node:fs";
import { userInfo } from "node:os";
import { resolve } from "node:path";
import type { Command } from "commander";
import { locate } from "../load/locate.ts";
import { NodeLog } from "../log/node-log.ts";
import { type DnsFlags, maybeDns } from "./dns-flags.ts";
import { Failure, messageOf, usage } from "./failure.ts";
import { type NodeFlags, nodeOptions, objectList } from "./replica.ts";
import { unitFile } from "./systemd-unit.ts";

/** Below it only those who may bind such ports can. */
const freePortMin = 1024;
const dnsPortDefault = 53;

const install = `# concoord systemd ... | sudo tee /etc/systemd/system/concoord.service
# sudo systemctl daemon-reload && sudo systemctl enable --now concoord
`;
const founds =
  "without -b it founds a cluster whenever its folder is empty: once there are others, print it again with -b and all members";

interface SystemdFlags extends NodeFlags, DnsFlags {
  readonly runAs?: string;
  readonly route53?: boolean;
}

/**
 * @param command parsed; flags of the environment count
 * @throws Failure 2 for flags that no replica could be started with, 1 for a file that is not there
 */
export function systemd(command: Command): void {
  const flags = command.opts<SystemdFlags>();
  if (objectList(flags.objectname).length === 0)
    throw usage("-o is missing: which classes to serve, as -o ./counter.ts");
  nodeOptions(flags, new NodeLog({ receiver: null, debug: false }));
  maybeDns(flags);
  if (process.env["CONCOORD_TOKEN"] !== undefined && flags.tokenFile === undefined)
    throw usage("CONCOORD_TOKEN: everybody can read a unit file: write the token into a --token-file");
  const words = wordsOf(command, process.cwd());
  // Elsewhere than in a folder of its own it keeps nothing, or what it is told to keep.
  if (flags.data === undefined && flags.memory !== true) words.push("--data=data");
  const program = resolve(process.argv[1] ?? "");
  const text = unitFile({
    description: "concoord replica",
    words: [process.execPath, program, "replica", ...words],
    service: service(flags),
    wantedBy: "multi-user.target",
  });
  if (flags.boot === undefined) process.stderr.write(`concoord: ${founds}\n`);
  process.stdout.write(`${install}${text}`);
}

function service(flags: SystemdFlags): readonly string[] {
  const user = flags.runAs ?? userInfo().username;
  if (!/^[\w][\w.-]*$/.test(user)) throw usage(`--run-as: "${user}" is not the name of a user`);
  const answers = flags.domainname !== undefined && (flags.route53 !== true || flags.dnsPort !== undefined);
  const ports = [Number(flags.port ?? freePortMin), answers ? Number(flags.dnsPort ?? dnsPortDefault) : null];
  const low = ports.some((port) => port !== null && port < freePortMin);
  return [
    `User=${user}`,
    "StateDirectory=concoord",
    "StateDirectoryMode=0700",
    "WorkingDirectory=%S/concoord",
    "LimitNOFILE=65536",
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "ProtectSystem=full",
    ...(low ? ["AmbientCapabilities=CAP_NET_BIND_SERVICE"] : []),
    // Another start would find the same command line wrong.
    "RestartPreventExitStatus=2",
  ];
}

/** The flags that were given, with paths that hold from every folder. */
function wordsOf(command: Command, cwd: string): string[] {
  return command.options.flatMap((option) => {
    const name = option.attributeName();
    const value: unknown = command.getOptionValue(name);
    const isGiven =
      value !== undefined && value !== false && command.getOptionValueSource(name) !== "default";
    const flag = option.long ?? "";
    // Older spellings were translated.
    if (!isGiven || name === "runAs" || option.hidden) return [];
    if (value === true) return [flag];
    if (name === "objectname") return objectList(listed(value)).map((spec) => `${flag}=${placed(spec, cwd)}`);
    if (name === "data") return [`${flag}=${resolve(cwd, String(value))}`];
    if (name === "tokenFile") return [`${flag}=${existing(resolve(cwd, String(value)), flag)}`];
    return [`${flag}=${String(value)}`];
  });
}

function listed(value: unknown): string | readonly string[] {
  return Array.isArray(value) ? value.map(String) : String(value);
}

/** A class of a user by the file that it is in. */
function placed(spec: string, cwd: string): string {
  if (spec.startsWith("concoord.object.")) return spec;
  const { file, className } = locate(spec, cwd);
  return className === null ? file : `${file}#${className}`;
}

function existing(file: string, flag: string): string {
  try {
    statSync(file);
    return file;
  } catch (error) {
    throw new Failure(1, `${flag}: ${messageOf(error)}`);
  }
}
