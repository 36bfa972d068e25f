/**
 * What the tool asks the agent on a host, and what that answers: one line of JSON each way. Both are of one version of
 * the package, as the agent checks first.
 */
import { Failure } from "../cli/failure.ts";

export type LaunchRole = "replica" | "acceptor" | "nameserver";

/** A word of a command line; one that names a file stands for where the agent puts that, and for `after` behind it. */
export type Word = string | { readonly file: string; readonly after: string };

/** A file that goes along: below the node's folder, by a relative path. */
export interface SentFile {
  readonly path: string;
  readonly base64: string;
}

export interface StartJob {
  readonly type: "start";
  readonly role: LaunchRole;
  /** Null for the first free one. */
  readonly port: number | null;
  /** Null for the host's own address. */
  readonly addr: string | null;
  readonly advertise: string | null;
  /** Nodes to join; empty to found a cluster. */
  readonly boot: readonly string[];
  /** The other flags. */
  readonly words: readonly Word[];
  readonly files: readonly SentFile[];
}

/** What the replicas of a cluster are started with from now on: these classes in place of those of their names. */
export interface RecodeJob {
  readonly type: "recode";
  readonly cluster: string;
  readonly classes: readonly string[];
  readonly words: readonly Word[];
  readonly files: readonly SentFile[];
}

export type Job =
  | StartJob
  | { readonly type: "list" }
  | { readonly type: "restart"; readonly port: number | null }
  | { readonly type: "stop"; readonly port: number | null }
  | { readonly type: "logs"; readonly port: number | null; readonly lines: number }
  | { readonly type: "boot"; readonly cluster: string; readonly members: readonly string[] }
  | RecodeJob
  | { readonly type: "route53"; readonly id: string; readonly key: string };

export type JobOf<T extends Job["type"]> = Extract<Job, { readonly type: T }>;

export interface Asked {
  readonly version: string;
  /** The host by the name that it is registered under: homes may be shared among hosts. */
  readonly host: string;
  /** Without brackets. */
  readonly address: string;
  readonly job: Job;
}

export interface NodeState {
  readonly port: number;
  readonly role: LaunchRole;
  readonly addr: string;
  readonly cluster: string | null;
  /** `failed` ended by itself; `stopped` on request, or because it left its cluster. */
  readonly state: "ready" | "starting" | "stopped" | "failed";
  readonly restarts: number;
  /** How it is kept alive. */
  readonly keeper: "systemd" | "supervisor";
  /** What the node says of its cluster; null when it does not answer. */
  readonly says: NodeSays | null;
}

export interface NodeSays {
  readonly cluster: string;
  readonly leader: string | null;
  readonly view: number;
  readonly tolerates: number;
  readonly members: readonly string[];
  readonly problems: readonly string[];
}

export interface Answers {
  readonly start: {
    readonly addr: string;
    readonly lines: readonly string[];
    readonly says: NodeSays | null;
  };
  readonly list: { readonly nodes: readonly NodeState[] };
  readonly restart: { readonly lines: readonly string[]; readonly late: readonly string[] };
  readonly stop: { readonly stopped: readonly string[] };
  readonly logs: { readonly text: string };
  readonly boot: { readonly told: number };
  readonly recode: { readonly told: number };
  readonly route53: { readonly kept: true };
}

/** What answers a job of that type. */
export type Answer<T extends Job["type"] = Job["type"]> = T extends unknown
  ? { readonly ok: true } & Answers[T]
  : never;

export interface Refusal {
  readonly ok: false;
  readonly exit: 1 | 2 | 3 | 4;
  readonly message: string;
}

const replyMark = "concoord-reply ";

export function formatReply(reply: Answer | Refusal): string {
  return `\n${replyMark}${JSON.stringify(reply)}\n`;
}

/**
 * Finds the answer in what came from a host, behind what its login scripts print.
 * @throws Failure as the agent says, or 1 when there is no answer
 */
export function readReply<T extends Job["type"]>(text: string, _type: T): Answer<T> | null {
  const line = text.split("\n").find((one) => one.startsWith(replyMark));
  if (line === undefined) return null;
  const reply = JSON.parse(line.slice(replyMark.length)) as Answer<T> | Refusal;
  if (!reply.ok) throw new Failure(reply.exit, reply.message);
  return reply;
}

/** What the agent reads. @throws Failure 1 when the tool is of another version */
export function readAsked(text: string, own: string): Asked {
  const asked = JSON.parse(text) as Asked;
  if (asked.version !== own)
    throw new Failure(1, `it has concoord ${own}, this is ${asked.version}: openreplica setup HOST`);
  return asked;
}
