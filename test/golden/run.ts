/**
 * Golden scripts: each .txt of this folder holds commands and, below a line of dashes, what must happen. A blank line
 * ends a block; lines that begin with # are comments. `UPDATE_GOLDEN=1` writes what happens now into the files;
 * `expect` lines fail all the same.
 *
 *   nodes a b c [learners=de] [acceptors=f]  found a cluster of these replicas and others
 *   stand a [ROUND]        a asks for promises, with a ballot above all others or of this round
 *   elect a                stand a, settle; fails unless a leads then
 *   propose a X Y          commands for a; those of one line share a slot
 *   retire a               a is going to stop: if it leads, it hands over
 *   start d                a newcomer with an empty disk, which catches up
 *   join d [against=N] [at=a]  the leader (or a) is asked for a view with d as a replica; likewise
 *   replace c by=d, move c addr=x, leave c, evict b c, away c, back c
 *   read a N               a client of a reads; N names the read
 *   snapshot a             a makes a snapshot of what it knows to be decided
 *   install a from=b       a gets b's newest snapshot
 *   pin a N                a sends its snapshot of slot N to somebody
 *   sync a                 what a wrote is durable, its votes leave
 *   deliver a->b [p2a] [drop|dup|drop=p2a] [first=N|last=N]   what is in transit, of one kind or all, or N of it
 *   block a->b [p2a]       settle and run leave it in transit; open a->b [p2a] ends that
 *   cut a->b [p2a]         what is sent is lost; mend a->b [p2a] ends that. a<->b is both ways, a->* to all
 *   hold a / free a        settle and run leave a's disk alone, or not
 *   crash a / restart a    without / from what was durable
 *   settle                 sync and deliver until all is quiet; no time passes
 *   time N                 N ms pass, nothing arrives
 *   run N                  N ms pass, all arrives at once
 *   expect WHAT = VALUE    see `facts`
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Member, ViewChange } from "../../src/shared/paxos/view.ts";
import { type Case, command, id, member, showBallot, showProposal, view } from "../paxos/case.ts";
import { World } from "../paxos/world.ts";

type Words = readonly string[];

const facts: Record<string, (w: World, words: Words) => string> = {
  leads: (w, [a = ""]) => w.host(a).leads || "no",
  leader: (w, [a = ""]) => w.node(a).leaderId?.[0] ?? "unknown",
  decided: (w, [a = ""]) => String(w.node(a).log.decided),
  promised: (w, [a = ""]) => showBallot(w.node(a).log.promised),
  view: (w, [a = ""]) => String(w.node(a).views.newest.number),
  members: (w, [a = ""]) =>
    w
      .node(a)
      .views.newest.members.map((m) => m.id[0])
      .join(""),
  /** What it accepted in a slot, as value@ballot. */
  accepted: (w, [a = "", s]) => {
    const held = w.node(a).log.get(slot(Number(s)));
    return held === undefined ? "nothing" : `${showProposal(held.proposal)}@${showBallot(held.ballot)}`;
  },
  /** What it knows to be decided in a slot. */
  value: (w, [a = "", s]) =>
    Number(s) <= w.node(a).log.decided ? showProposal(w.node(a).log.decidedIn(slot(Number(s)))) : "open",
  trimmed: (w, [a = ""]) => String(w.node(a).log.trimmed),
  /** The newest snapshot that it knows to be durable on its disk. */
  snapshot: (w, [a = ""]) => String(w.node(a).retention.own),
  /** Whether what it lacks left the logs of others. */
  needs: (w, [a = ""]) => (w.node(a).catchUp.needsSnapshot ? "snapshot" : "nothing"),
  /** Its reads that were not confirmed. */
  waits: (w, [a = ""]) => [...w.host(a).reads.keys()].join(" ") || "none",
  /** How many messages of a kind are under way: transit a->b p1a. */
  transit: (w, [way = "", type]) => {
    const [from, to] = way.split("->");
    const there = (p: { from: string; to: string }) => p.from === from && (to === "*" || p.to === to);
    return String(w.transit.filter((p) => there(p) && p.message.type === type).length);
  },
  /** The decided mark that a crash would not take, and what it tells others of that. */
  mark: (w, [a = ""]) => String(w.mark(a)),
  kept: (w, [a = ""]) => String(w.node(a).kept.slot),
  /** The ballot for which it asks promises. */
  scouts: (w, [a = ""]) => {
    const { state } = w.node(a).leader;
    return state.type === "scouting" ? showBallot(state.scout.ballot) : "no";
  },
  /** Writes of a kind that a crash would not take. */
  durable: (w, [a = "", type]) => String(w.host(a).durable.filter((x) => x.type === type).length),
};

/** The leader is asked for another view. */
const changes: Record<string, (w: World, words: Words) => void> = {
  join: (w, words) => change(w, words, ([member], against) => ({ type: "join", against, member })),
  replace: (w, words) =>
    change(w, words, ([{ id }], against) => {
      const newcomer = { ...member(option(words, "by") ?? ""), addr: addrOf(w, words[0] ?? "") };
      return { type: "replace", against, id, member: newcomer };
    }),
  move: (w, words) =>
    change(w, words, ([it], against) => {
      return { type: "move", against, member: { ...it, addr: option(words, "addr") ?? "" } };
    }),
  leave: (w, words) => change(w, words, ([{ id }], against) => ({ type: "leave", against, id })),
  evict: (w, words) =>
    change(w, words, (all, against) => ({ type: "evict", against, ids: all.map((m) => m.id) })),
  away: (w, words) => change(w, words, ([{ id }], against) => ({ type: "away", against, id, away: true })),
  back: (w, words) => change(w, words, ([{ id }], against) => ({ type: "away", against, id, away: false })),
};

const verbs: Record<string, (w: World, words: Words) => void> = {
  stand: (w, [a = "", round]) => w.stand(a, round === undefined ? undefined : Number(round)),
  elect: (w, [a = ""]) => {
    w.stand(a);
    w.settle();
    assert(w.node(a).leader.active, `${a} was not elected`);
  },
  propose: (w, [a = "", ...commands]) => w.step(a, { type: "request", commands: commands.map(command) }),
  start: (w, [a = ""]) => {
    w.start(a);
    w.step(a, { type: "wake" });
  },
  ...changes,
  read: (w, [a = "", token]) => w.read(a, Number(token)),
  snapshot: (w, [a = ""]) => w.snapshot(a),
  install: (w, [a = "", from = ""]) => w.install(a, option([from], "from") ?? ""),
  pin: (w, [a = "", s]) => w.step(a, { type: "pin", slot: slot(Number(s)) }),
  sync: (w, [a = ""]) => w.sync(a),
  deliver,
  block: (w, words) => each(w, words, (link) => w.blocked.add(link)),
  open: (w, words) => each(w, words, (link) => w.blocked.delete(link)),
  cut: (w, words) => each(w, words, (link) => w.cut.add(link)),
  mend: (w, words) => each(w, words, (link) => w.cut.delete(link)),
  hold: (w, [a = ""]) => {
    w.host(a).held = true;
  },
  free: (w, [a = ""]) => {
    w.host(a).held = false;
  },
  crash: (w, [a = ""]) => w.crash(a),
  restart: (w, [a = ""]) => {
    w.restart(a);
    w.step(a, { type: "wake" });
  },
  settle: (w) => w.settle(),
  retire: (w, [a = ""]) => w.step(a, { type: "handOver" }),
  time: (w, [n]) => w.pass(Number(n), false),
  run: (w, [n]) => w.pass(Number(n), true),
  expect: (w, words) => {
    const [what = "", ...rest] = words;
    const split = rest.indexOf("=");
    const fact = facts[what];
    assert(fact !== undefined && split >= 0, `what is to be expected: ${words.join(" ")}`);
    const wanted = rest.slice(split + 1).join(" ");
    assert.equal(fact(w, rest.slice(0, split)), wanted, `expect ${words.join(" ")}`);
  },
};

/** The leader, or the node that `at` names, is asked for a change of these members. */
function change(
  w: World,
  words: Words,
  make: (members: [Member, ...Member[]], against: number) => ViewChange,
): void {
  const leader = option(words, "at") ?? [...w.hosts.values()].find((h) => h.leads !== "")?.name ?? "";
  const against = Number(option(words, "against") ?? w.node(leader).views.newest.number);
  const [first = "", ...names] = words.filter((word) => word.length === 1);
  const members: [Member, ...Member[]] = [member(first), ...names.map((name) => member(name))];
  w.step(leader, { type: "change", change: make(members, against) });
}

function addrOf(w: World, name: string): string {
  return w.truth.views.at(-1)?.members.find((m) => m.id === id(name))?.addr ?? "";
}

function option(words: Words, name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The links that "a->b", "a<->b", "a->*" stand for, perhaps of one kind of message only. */
function each(w: World, [way = "", type]: Words, run: (link: string) => void): void {
  const both = way.includes("<->");
  const [from = "", to = ""] = way.split(both ? "<->" : "->");
  const kind = type === undefined ? "" : ` ${type}`;
  const names = (text: string) => (text === "*" ? [...w.hosts.keys()] : [text]);
  for (const a of names(from)) {
    for (const b of names(to)) {
      if (a === b) continue;
      run(`${a}>${b}${kind}`);
      if (both) run(`${b}>${a}${kind}`);
    }
  }
}

function deliver(w: World, words: Words): void {
  const [way = "", ...rest] = words;
  const links = new Set<string>();
  each(w, [way], (link) => links.add(link));
  const only = rest.find((word) => word !== "drop" && word !== "dup" && !word.includes("="));
  const now = w.transit
    .filter((p) => links.has(`${p.from}>${p.to}`) && (only === undefined || p.message.type === only))
    .slice(0, Number(option(rest, "first") ?? Number.POSITIVE_INFINITY))
    .slice(-Number(option(rest, "last") ?? Number.POSITIVE_INFINITY));
  w.transit = w.transit.filter((p) => !now.includes(p));
  for (const parcel of now) {
    const lost = rest.includes("drop") || option(rest, "drop") === parcel.message.type;
    if (parcel.message.type !== "heartbeat") w.told(parcel, lost ? " lost:" : "");
    if (!lost) w.hand(parcel);
    if (!lost && rest.includes("dup")) w.hand(parcel);
  }
}

function perform(world: World | null, line: string): World {
  const [verb = "", ...words] = line.trim().split(/\s+/);
  if (verb === "nodes") {
    const names = words.filter((word) => word.length === 1).join("");
    const learners = [...(option(words, "learners") ?? "")].map((name) => member(name, "learner"));
    const acceptors = [...(option(words, "acceptors") ?? "")].map((name) => member(name, "acceptor"));
    const first = view(names);
    return new World({ ...first, members: [...first.members, ...acceptors, ...learners] });
  }
  const act = verbs[verb];
  assert(world !== null && act !== undefined, `no such command: ${line}`);
  act(world, words);
  return world;
}

/** Runs a script; returns it with what happened in place of what was expected. */
export function runScript(text: string): string {
  let world: World | null = null;
  const blocks = text.trim().split(/\n\s*\n/);
  const done = blocks.map((block) => {
    const [commands = ""] = block.split(/^----$/m);
    const lines = commands.trim().split("\n");
    for (const line of lines) {
      if (line.startsWith("#")) continue;
      try {
        world = perform(world, line);
      } catch (error) {
        const before = (world as World | null)?.trace.take() ?? [];
        throw new Error(`${line}: ${String(error)}\nbefore it:\n${before.join("\n")}`, { cause: error });
      }
    }
    return [...lines, "----", ...((world as World | null)?.trace.take() ?? [])].join("\n");
  });
  return `${done.join("\n\n")}\n`;
}

function check(file: URL): void {
  const text = readFileSync(file, "utf8");
  const happened = runScript(text);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, happened);
  else assert.equal(happened, text);
}

const folder = new URL("./", import.meta.url);

export const goldenCases: readonly Case[] = readdirSync(folder)
  .filter((name) => name.endsWith(".txt"))
  .map((name) => ({ name: `golden script ${name}`, run: () => check(new URL(name, folder)) }));
