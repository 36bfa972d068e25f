/**
 * The shell at the terminal of a running node (`-i`): what this node holds and waits for, whatever the others say.
 * Its commands are those of the first releases.
 */
import { createInterface } from "node:readline";
import { shellRowsMax } from "../../shared/limits.ts";
import type { Tree } from "../../shared/server/state-tree.ts";
import { everybody } from "../../shared/wire/identity.ts";
import { jsonLine } from "../json.ts";
import type { RunningReplica } from "../running-replica.ts";
import { objectName } from "./arguments.ts";
import { messageOf, usage } from "./failure.ts";
import { parseLine } from "./repl-line.ts";
import { table } from "./table.ts";

const help = `  state                      the members, and what waits
  proposals                  slots that this node accepted and that are not decided
  pending                    slots that are decided and not executed, and commands that wait for a slot
  goleader                   has this node lead
  showobject [Class/name]    the state of an object as this node holds it; without a name of all
  info                       the status of this node, as JSON
  call [Class/name.]METHOD [ARG...]
  help, exit                 exit stops the node, as Ctrl-C does`;

/** What the shell asks its node. */
export type ShellNode = Pick<RunningReplica, "id" | "status" | "inside" | "isReady" | "lacksCode">;

/** Reads lines from standard input until it ends; the node goes on then. */
export async function shell(node: ShellNode, stop: () => void): Promise<void> {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const output = terminal ? { output: process.stdout } : {};
  const lines = createInterface({ input: process.stdin, terminal, prompt: "> ", ...output });
  // The interface takes Ctrl-C from the terminal.
  lines.on("SIGINT", stop);
  if (terminal) lines.prompt();
  for await (const line of lines) {
    if (line.trim() === "exit") {
      stop();
      break;
    }
    const text = await answer(node, line).catch((error: unknown) => `concoord: ${messageOf(error)}`);
    if (text !== "") process.stdout.write(`${text}\n`);
    if (terminal) lines.prompt();
  }
}

/** What the shell answers to a line. @throws Failure, ConcoordError, or what the method threw */
export async function answer(node: ShellNode, line: string): Promise<string> {
  const [, command = "", rest = ""] = /^\s*(\S*)\s*(.*?)\s*$/.exec(line) ?? [];
  switch (command) {
    case "":
      return "";
    case "help":
      return help;
    case "state":
      return state(node);
    case "proposals":
      return proposals(node);
    case "pending":
      return pending(node);
    case "goleader":
      return goLeader(node);
    case "showobject":
      return showObject(node, rest);
    case "info":
      return JSON.stringify(node.status(), null, 2);
    case "call":
      return call(node, rest);
    default:
      throw usage(`there is no command "${command}"; help lists them`);
  }
}

function state(node: ShellNode): string {
  const { addr, role, leader, view, decided, executed, ballot } = node.status();
  const rows = view.members.map((m) => [
    m.addr,
    m.id,
    m.role,
    m.id === leader?.id ? "leader" : "",
    m.alive ? "" : m.away ? "away" : "silent",
  ]);
  return [
    `${role} ${addr} id=${node.id}${node.isReady ? "" : ", not ready"}`,
    `view ${view.number}, ballot ${ballot.round}.${ballot.id}, decided ${decided}, executed ${executed}`,
    table([["ADDR", "ID", "ROLE", "", ""], ...rows]),
    pending(node),
  ].join("\n");
}

function proposals({ inside }: ShellNode): string {
  const { log } = inside.server.node;
  const open = log.acceptedAbove(log.decided);
  if (open.length === 0) return "no proposals";
  const rows = open
    .slice(0, shellRowsMax)
    .map(({ slot, ballot, proposal }) => [
      String(slot),
      `${ballot.round}.${ballot.leader}`,
      proposal.change === null ? "" : proposal.change.type,
      `${proposal.body.length} bytes`,
    ]);
  return [table([["SLOT", "BALLOT", "CHANGE", "COMMANDS"], ...rows]), ...more(open.length)].join("\n");
}

function more(count: number): readonly string[] {
  return count > shellRowsMax ? [`and ${count - shellRowsMax} more`] : [];
}

function pending(node: ShellNode): string {
  const { decided, executed, role } = node.status();
  const behind = role === "acceptor" ? 0 : decided - executed;
  const { leader } = node.inside.server.node;
  const slots = behind > 0 ? `slots ${executed + 1} to ${decided} are decided and not executed` : null;
  const waiting = leader.takes?.count ?? 0;
  const commands = waiting > 0 ? `${waiting} commands wait for a slot` : null;
  const open = leader.open > 0 ? `${leader.open} slots are proposed and not decided` : null;
  return [slots, commands, open].filter((text) => text !== null).join("\n") || "nothing is pending";
}

function goLeader(node: ShellNode): string {
  const { leader, role } = node.status();
  if (leader?.id === node.id) return "it leads";
  if (role !== "replica" || node.lacksCode) throw usage(`${role} ${node.id} may not lead`);
  return node.inside.server.stand()
    ? "it asks for the votes; `state` says who leads"
    : "it and a majority do not hear each other: nobody would follow it";
}

function showObject(node: ShellNode, name: string): string {
  const named = node.status().objects.map((o) => `${o.class}/${o.name}`);
  const names = name === "" ? named : [objectName(name)];
  if (names.length === 0) return "no objects yet";
  return names
    .slice(0, shellRowsMax)
    .map((object) => {
      const { slot, state: tree, problem } = node.inside.pages.state(object);
      return `${object} after slot ${slot}: ${problem ?? (tree === null ? "there is none" : shown(tree))}`;
    })
    .join("\n");
}

async function call(node: ShellNode, rest: string): Promise<string> {
  const { classes } = node.status();
  const only = classes.length === 1 && classes[0] !== undefined ? `${classes[0].name}/main` : null;
  const line = parseLine(rest, only);
  if (line.type !== "call") throw usage("call METHOD [ARG...]");
  const { object, method, args } = line;
  return jsonLine(await node.inside.calls.call({ object, method, args, key: null }, everybody));
}

/** A state in one line, much as a program would write it. */
function shown(tree: Tree): string {
  if (typeof tree !== "object" || tree === null) return JSON.stringify(tree);
  if (tree.t === "word") return tree.v;
  if (tree.t === "text") return `${JSON.stringify(tree.v)}… (${tree.n} characters)`;
  if (tree.t === "bytes") return `<${tree.v}${tree.n * 2 > tree.v.length ? "…" : ""}>`;
  const left = tree.n > tree.e.length ? ["…"] : [];
  if (tree.t === "list") return `[${[...tree.e.map(shown), ...left].join(", ")}]`;
  const of = tree.c === "Object" || tree.c === "" ? "" : `${tree.c} `;
  if (tree.t === "map")
    return `${of}{${[...tree.e.map(([k, v]) => `${shown(k)} => ${shown(v)}`), ...left].join(", ")}}`;
  return `${of}{${[...tree.e.map(([k, v]) => `${k}: ${shown(v)}`), ...left].join(", ")}}`;
}
