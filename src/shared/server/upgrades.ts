/**
 * Upgrades by the wish of an operator. Any replica takes code that it is sent. The leader, asked to go on with new
 * code, asks the replicas who holds it, and proposes the upgrade when f + 1 of them do, itself among them, and none
 * that is heard does not: so no failure that the view tolerates leaves the cluster without somebody who executes.
 */
import type { Clock, Timer } from "../clock.ts";
import { changesMax } from "../limits.ts";
import type { Upgraded } from "../object/applied.ts";
import type { CodeName } from "../object/held-code.ts";
import type { ClassEntry } from "../object/registry.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { ClassInfo, Code, ObjectCodec } from "../object/types.ts";
import { type Millis, millis, type NodeId, unreachable } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { isVoter, type Member, majority } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import type { UpgradeMessage } from "../wire/upgrade-messages.ts";
import type { CodeKeeper } from "./code-keeper.ts";
import type { Driver } from "./driver.ts";
import type { Transport } from "./transport.ts";

const lookMillis = 50;
/** When a question or the command is sent again: either may have been lost. */
const againMillis = 500;
/** How long replicas that are heard may take to say what they hold. */
const answerMillisMax = 2_000;
/** How long an upgrade may take, from the question on. */
const upgradeMillisMax = 30_000;

type Reply = (message: PeerMessage) => void;

/** An upgrade that an operator asked this node for, which leads. */
interface Question {
  readonly classes: readonly ClassInfo[];
  readonly since: Millis;
  readonly replies: Reply[];
  /** Whether each node holds all of it, as it said last. */
  readonly holds: Map<NodeId, boolean>;
  askedAt: Millis | null;
  proposedAt: Millis | null;
}

export interface UpgradesParts {
  readonly node: PaxosNode;
  readonly machine: StateMachine;
  readonly driver: Driver;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly codec: ObjectCodec;
  /** Null where nothing is kept: this node holds what it was given. */
  readonly keeper: CodeKeeper | null;
  /** This node holds more code. */
  readonly held: (entries: readonly ClassEntry[]) => void;
}

export class Upgrades {
  private readonly parts: UpgradesParts;
  private question: Question | null = null;
  private timer: Timer | null = null;
  private stopped = false;

  constructor(parts: UpgradesParts) {
    this.parts = parts;
  }

  receive(from: NodeId, message: UpgradeMessage, reply: Reply): void {
    switch (message.type) {
      case "offerCode":
        return this.answer(reply, async (keeper) => {
          const entries = await keeper.keep(message.module);
          if (!this.stopped) this.parts.held(entries);
          return { type: "holdsCode", classes: entries.map(nameOf) };
        });
      case "fetchCode":
        return this.answer(reply, async (keeper) => {
          const module = await keeper.read(message.of);
          if (module === null) throw new Error(`the code of ${message.of.name} is not kept here`);
          return { type: "offerCode", module };
        });
      case "askCode":
        void this.heldOf(message.classes).then((classes) => reply({ type: "holdsCode", classes }));
        return;
      case "holdsCode":
        return this.told(from, message.classes);
      case "askUpgrade":
        return this.asked(message.classes, reply);
      case "askLog":
        return reply(this.parts.node.catchUp.answer(message.from));
      case "upgraded":
        return; // the answer to an operator's program
      default:
        return unreachable(message);
    }
  }

  /** A slot was executed in which an upgrade was carried out. */
  executed({ classes, problem }: Upgraded): void {
    const { question } = this;
    if (question === null) return;
    if (problem !== null && classes.every((info) => question.classes.some((c) => isSame(c, info))))
      this.end(refused("DENIED", `no object changed: ${problem}`));
    else this.look();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** Answers what the keeper does, or says why it does not. */
  private answer(reply: Reply, work: (keeper: CodeKeeper) => Promise<PeerMessage>): void {
    const { keeper } = this.parts;
    if (keeper === null) return reply(refused("DENIED", "this node takes no code"));
    const failed = (error: unknown) =>
      refused("DENIED", error instanceof Error ? error.message : String(error));
    void work(keeper).catch(failed).then(reply);
  }

  /** Those of `classes` that this node holds, or can load. */
  private async heldOf(classes: readonly CodeName[]): Promise<readonly CodeName[]> {
    const { machine, keeper } = this.parts;
    const { held } = machine.code;
    const found: ClassEntry[] = [];
    for (const of of held.missing(classes)) {
      const entry = (await keeper?.find(of)) ?? null;
      if (entry !== null) found.push(entry);
    }
    if (found.length > 0 && !this.stopped) this.parts.held(found);
    return classes.filter((of) => held.find(of) !== undefined).map(nameOf);
  }

  private asked(classes: readonly ClassInfo[], reply: Reply): void {
    const { node, clock } = this.parts;
    if (!node.leader.ready) return reply(refused("NO_QUORUM", "this node does not lead"));
    if (this.question !== null) {
      const { question } = this;
      const same = isServed(classes, question.classes) && isServed(question.classes, classes);
      if (same && question.replies.length < changesMax) question.replies.push(reply);
      else reply(refused("BUSY", "another upgrade is under way"));
      return;
    }
    const { now } = clock.moment();
    const begun = { askedAt: null, proposedAt: null };
    this.question = { classes, since: now, replies: [reply], holds: new Map(), ...begun };
    this.look();
  }

  private told(from: NodeId, classes: readonly CodeName[]): void {
    const { question } = this;
    if (question === null) return;
    question.holds.set(from, isServed(question.classes, classes));
    this.look();
  }

  private look(): void {
    const { question } = this;
    this.timer?.cancel();
    this.timer = null;
    if (question === null || this.stopped) return;
    const { node, transport, clock } = this.parts;
    const { now } = clock.moment();
    const over = this.outcome(question, now);
    if (over !== null) return this.end(over);
    if (question.askedAt === null || now - question.askedAt >= againMillis) {
      question.askedAt = now;
      const others = this.holders.map((m) => m.id).filter((id) => id !== node.id);
      transport.send(others, { type: "askCode", classes: question.classes });
      void this.heldOf(question.classes).then((classes) => this.told(node.id, classes));
    }
    if (this.mayPropose(question, now)) this.propose(question, now);
    transport.flush();
    this.timer = clock.at(millis(now + lookMillis), () => this.look());
  }

  /** What the operator is told; null when there is nothing to tell yet. */
  private outcome(question: Question, now: Millis): PeerMessage | null {
    const { node, machine } = this.parts;
    if (isServed(question.classes, machine.classes)) return { type: "upgraded", slot: machine.executed };
    if (!node.leader.active) return refused("NO_QUORUM", "another node leads now");
    const age = now - question.since;
    if (age > upgradeMillisMax) return refused("NO_QUORUM", "nothing was decided in time");
    if (question.proposedAt !== null) return null;
    const isHeard = (m: Member) => m.id === node.id || node.election.isHeard(m.id, now);
    const lacks = this.holders.filter((m) => isHeard(m) && question.holds.get(m.id) === false);
    if (lacks.length > 0)
      return refused("DENIED", `the new code is not held by ${lacks.map((m) => m.addr).join(", ")}`);
    if (age <= answerMillisMax) return null;
    const { held, needed } = this.count(question);
    if (held >= needed && question.holds.get(node.id) === true) return null;
    const why = `the new code is held by ${held} of the replicas, and ${needed} must hold it`;
    return refused("DENIED", `${why}, the leader among them`);
  }

  /** Enough replicas hold it, and all that are heard had time to say so. */
  private mayPropose(question: Question, now: Millis): boolean {
    const { node } = this.parts;
    const { held, needed } = this.count(question);
    if (held < needed || question.holds.get(node.id) !== true) return false;
    if (now - question.since > answerMillisMax) return true;
    return this.holders.every(({ id }) => question.holds.has(id) || !node.election.isHeard(id, now));
  }

  /** How many replicas hold the new code, and how many must. */
  private count(question: Question): { readonly held: number; readonly needed: number } {
    const { newest } = this.parts.node.views;
    const replicas = newest.members.filter((m) => m.role === "replica");
    const held = replicas.filter(({ id }) => question.holds.get(id) === true).length;
    const mayFail = newest.members.filter(isVoter).length - majority(newest);
    return { held, needed: Math.min(mayFail + 1, replicas.length) };
  }

  private get holders(): readonly Member[] {
    const { members } = this.parts.node.views.newest;
    return members.filter((m) => m.role === "replica" || m.role === "learner");
  }

  private propose(question: Question, now: Millis): void {
    const { node, machine, driver, codec } = this.parts;
    if (question.proposedAt !== null && now - question.proposedAt < againMillis) return;
    if (!node.leader.ready) return;
    question.proposedAt = now;
    const { classes } = question;
    const { number: view } = node.views.newest;
    const command = codec.encodeCommand({ type: "upgrade", view, upgrades: machine.code.upgrades, classes });
    driver.push({ type: "requestFirst", commands: [command] });
  }

  private end(answer: PeerMessage): void {
    const { question } = this;
    this.question = null;
    for (const reply of question?.replies ?? []) reply(answer);
  }
}

function refused(code: Code, message: string): PeerMessage {
  return { type: "changeRefused", code, message };
}

function nameOf({ name, fingerprint }: CodeName): CodeName {
  return { name, fingerprint };
}

function isSame(a: CodeName, b: CodeName): boolean {
  return a.name === b.name && a.fingerprint === b.fingerprint;
}

/** Whether all of `classes` are among `served`, in the same version. */
function isServed(classes: readonly CodeName[], served: readonly CodeName[]): boolean {
  return classes.every((info) => served.some((other) => isSame(info, other)));
}
