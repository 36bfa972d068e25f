/**
 * The leader (PMMC figure 7): a scout for the ballot, then a commander for each open slot. Multi-Paxos: once the
 * ballot is adopted it stays, slots are pipelined, and commands are batched only in `propose`.
 */
import { never } from "../clock.ts";
import { LeadershipTime } from "./agreed.ts";
import { type Ballot, sameBallot } from "./ballot.ts";
import { joinBatch } from "./batch.ts";
import { Commander } from "./commander.ts";
import { type LogTime, logTime, type Millis, millis, must, type NodeId, type WallMillis } from "./ids.ts";
import { type Log, sameProposal } from "./log.ts";
import { Scout } from "./scout.ts";
import { maxSlot, next, plus, type Slot, WINDOW } from "./slot.ts";
import type { Moment, PaxosMessage, Proposal, Stamp } from "./types.ts";
import type { Views } from "./view.ts";
import { participants, voters } from "./view.ts";
import { Waiting } from "./waiting.ts";

/** Open slots beyond which waiting commands are gathered into the next batch instead of opening another slot. */
const pipelineMax = 4;
const scoutResendMillis = 100;
/** A slot that is open for longer is taken for an outage. */
const stuckMillis = 1_000;
/** Repeated p2a of one turn: a lost message is repaired by few, and a slow disk is not flooded. */
const resendsPerTurnMax = 16;

type P1b = Extract<PaxosMessage, { type: "p1b" }>;
type P2b = Extract<PaxosMessage, { type: "p2b" }>;

/** A proposal in its slot, for the acceptors of the slot's view (this node's own included). */
export type Propose = (slot: Slot, proposal: Proposal, ballot: Ballot, to: readonly NodeId[]) => void;
type Ask = (message: PaxosMessage, to: readonly NodeId[]) => void;

type State =
  | { readonly type: "following" }
  | { readonly type: "scouting"; readonly scout: Scout; resendAt: Millis }
  | Active;

interface Active {
  readonly type: "active";
  readonly scout: Scout;
  readonly time: LeadershipTime;
  /** The slot that is proposed next. Invariant: <= decided + WINDOW + 1 (rule 1). */
  nextSlot: Slot;
  /** All slots below are filled, with no-ops if need be, so that a new view takes effect (rule 10). */
  fillTo: Slot;
  /** Whether the first stamped proposal of this ballot has been made. */
  begun: boolean;
  /** New voters are asked for their promise again at this time. */
  resendAt: Millis;
  /** The log time for which an empty proposal was made last. */
  dueMade: LogTime;
  /** Until when nothing new is proposed, because another node is asked to lead. */
  quietUntil: Millis;
}

export class Leader {
  state: State = { type: "following" };
  private readonly log: Log;
  private readonly views: Views;
  /** Begun anew now and then, as what the log has chosen. */
  private commanders = new Map<Slot, Commander>();
  /** What is to be proposed; empty unless this node leads. */
  private readonly waiting = new Waiting();
  /** Voters of the views that matter which have not promised the ballot yet. */
  private missing: readonly NodeId[] = [];
  due: LogTime = logTime(never);

  constructor(log: Log, views: Views) {
    this.log = log;
    this.views = views;
  }

  get ballot(): Ballot | null {
    return this.state.type === "following" ? null : this.state.scout.ballot;
  }

  get active(): boolean {
    return this.state.type === "active";
  }

  /** Where commands are handed in; null while it does not lead: their nodes send them to the one that does. */
  get takes(): Waiting | null {
    return this.active ? this.waiting : null;
  }

  /** Whether it leads and all that earlier leaders may have decided is decided here too. */
  get ready(): boolean {
    return this.state.type === "active" && this.log.decided >= this.state.scout.top;
  }

  /**
   * Whether it may answer for the log (rule 9): it is ready, and the voters of the view that governs the first undecided
   * slot have promised its ballot. Those of a new view may not have been asked yet.
   */
  get answers(): boolean {
    const first = next(this.log.decided);
    return (
      this.ready && this.state.type === "active" && this.state.scout.adopted(this.views.at(first), first)
    );
  }

  scout(now: Millis, ballot: Ballot): void {
    this.follow();
    this.state = { type: "scouting", scout: new Scout(ballot, this.log.decided), resendAt: now };
    this.findMissing();
  }

  /** Preempted, or no longer wanted: what waited is dropped, the nodes that sent it send it again. */
  follow(): void {
    this.state = { type: "following" };
    this.commanders.clear();
    this.waiting.clear();
  }

  p1b(from: NodeId, message: P1b): void {
    if (this.state.type !== "following" && this.state.scout.p1b(from, message)) this.findMissing();
  }

  /** How many votes the slot lacks; 1 when that is not known. */
  votesFor(s: Slot): number {
    return this.commanders.get(s)?.missing || 1;
  }

  /** Counts only for the ballot that is led now; older ones are not ours to count (rule 4). */
  p2b(from: NodeId, message: P2b): void {
    const { state } = this;
    if (state.type !== "active" || !sameBallot(message.asked, state.scout.ballot)) return;
    const commander = this.commanders.get(message.slot);
    if (commander === undefined || !sameBallot(message.ballot, message.asked)) return;
    if (!commander.p2b(from)) return;
    this.commanders.delete(message.slot);
    this.log.choose(message.slot, commander.proposal);
  }

  /**
   * A slot was decided. When this leader had proposed something else there, a higher ballot has been adopted: it must
   * stop at once, for to others its decided mark would mean that its own proposal was decided (rule 4).
   * @returns the ballot that it gave up, or null
   */
  decidedIn(s: Slot, proposal: Proposal): Ballot | null {
    const commander = this.commanders.get(s);
    if (commander === undefined || sameProposal(commander.proposal, proposal)) return null;
    const { ballot } = this;
    this.follow();
    return ballot;
  }

  /** A voter lacks earlier slots; its p2a is repeated when it has had time to get them. */
  behind(now: Millis): void {
    for (const commander of this.commanders.values()) commander.hasten(now);
  }

  /** Rule 10: a view change was decided; slots below `first` are filled so that the new view governs at once. */
  newView(first: Slot, now: Millis): void {
    if (this.state.type === "following") return;
    if (this.state.type === "active") this.state.fillTo = maxSlot(this.state.fillTo, first);
    this.state.resendAt = now;
    this.findMissing();
  }

  /** Proposes nothing new until then: another node is to lead. With no p1a by then this one goes on. */
  quiet(until: Millis): void {
    if (this.state.type === "active") this.state.quietUntil = until;
  }

  /** Whether all that was proposed is decided. */
  get idle(): boolean {
    return this.ready && this.open === 0;
  }

  /** How many slots it proposed that are not decided. */
  get open(): number {
    return this.commanders.size;
  }

  /** Everything a leader does of itself: promises asked for, adoption, repeated messages, new proposals. */
  run(moment: Moment, connected: boolean, wall: () => WallMillis, ask: Ask, propose: Propose): void {
    this.askPromises(moment.now, ask);
    if (this.state.type === "scouting") this.adopt(moment.now, this.state.scout);
    if (this.state.type !== "active") return;
    if (connected && !this.isStuck(moment.now)) this.state.time.tick(moment.now);
    else this.state.time.skip(moment.now);
    this.resend(moment.now, this.state, propose);
    this.propose(moment, wall, this.state, propose);
  }

  wakeAt(): Millis {
    const { state } = this;
    if (state.type === "following") return millis(never);
    let at = this.missing.length > 0 ? state.resendAt : millis(never);
    for (const { resendAt } of this.commanders.values()) if (resendAt < at) at = resendAt;
    if (state.type === "active" && this.due > state.dueMade) {
      at = millis(Math.min(at, Math.max(state.time.when(this.due), state.quietUntil)));
    }
    return at;
  }

  /** Whether nothing has been decided for long: an outage, in which nobody's time to live runs. */
  private isStuck(now: Millis): boolean {
    const [oldest] = this.commanders.values();
    return oldest !== undefined && now - oldest.since > stuckMillis;
  }

  private findMissing(): void {
    const { state } = this;
    if (state.type === "following") return;
    const ids = new Set(this.views.open(this.log.decided).flatMap(voters));
    this.missing = [...ids].filter((id) => !state.scout.hasPromised(id));
  }

  private askPromises(now: Millis, ask: Ask): void {
    const { state } = this;
    if (state.type === "following" || this.missing.length === 0 || now < state.resendAt) return;
    state.resendAt = millis(now + scoutResendMillis);
    const { ballot, from } = state.scout;
    ask({ type: "p1a", ballot, from, view: this.views.newest.number }, this.missing);
  }

  /**
   * P3: the ballot leads once it is adopted for the first undecided slot. Whether it is adopted for a later slot,
   * which a later view may govern, is asked again before each proposal.
   */
  private adopt(now: Millis, scout: Scout): void {
    const first = next(this.log.decided);
    if (!scout.adopted(this.views.at(first), first)) return;
    let from = this.log.logTime;
    for (const { proposal } of scout.pmax.values()) {
      if (proposal.stamp !== null && proposal.stamp.logTime > from) from = proposal.stamp.logTime;
    }
    this.state = {
      type: "active",
      scout,
      time: new LeadershipTime(from, now),
      nextSlot: first,
      fillTo: this.views.newest.first,
      begun: false,
      resendAt: now,
      dueMade: logTime(-1),
      quietUntil: now,
    };
  }

  private propose(moment: Moment, wall: () => WallMillis, state: Active, propose: Propose): void {
    const { scout } = state;
    // Catch-up may have decided slots that this leader had not reached yet.
    state.nextSlot = maxSlot(state.nextSlot, next(this.log.decided));
    for (;;) {
      const s = state.nextSlot;
      if (s > plus(this.log.decided, WINDOW)) return; // rule 1
      const view = this.views.at(s);
      if (!scout.adopted(view, s)) return; // P3
      const proposal = this.proposalFor(s, state, moment, wall);
      if (proposal === null) return;
      must(s > scout.from, "P3: proposed in a slot below the scout's");
      if (s % WINDOW === 0) this.commanders = new Map(this.commanders);
      this.commanders.set(s, new Commander(proposal, view, moment.now));
      state.nextSlot = next(s);
      propose(s, proposal, scout.ballot, participants(view));
    }
  }

  /** P3 first: what may have been decided; then no-ops for holes; then new commands. Null: nothing to propose. */
  private proposalFor(s: Slot, state: Active, moment: Moment, wall: () => WallMillis): Proposal | null {
    const before = state.scout.pmax.get(s);
    if (before !== undefined) return before.proposal;
    if (s <= state.scout.top || s < state.fillTo) return noop;
    const logTimeNow = state.time.tick(moment.now);
    const due = this.due <= logTimeNow && this.due > state.dueMade;
    if (moment.now < state.quietUntil) return null;
    if (state.begun && !due && !(this.waiting.any && this.commanders.size < pipelineMax)) return null;
    const stamp: Stamp = {
      logTime: logTimeNow,
      wall: wall(),
      seed: (moment.random ^ s) >>> 0,
      first: !state.begun,
    };
    state.begun = true;
    state.dueMade = logTimeNow;
    return { stamp, change: this.waiting.takeChange(), body: joinBatch(this.waiting.takeBatch()) };
  }

  private resend(now: Millis, state: Active, propose: Propose): void {
    let left = resendsPerTurnMax;
    for (const [s, commander] of this.commanders) {
      // Decided elsewhere, and learned by catch-up.
      if (s <= this.log.decided) this.commanders.delete(s);
      else if (commander.resendAt <= now) {
        if (left-- === 0) return;
        commander.resent(now);
        const to = participants(commander.view).filter((id) => !commander.hasAccepted(id));
        propose(s, commander.proposal, state.scout.ballot, to);
      }
    }
  }
}

export const noop: Proposal = { stamp: null, change: null, body: new Uint8Array(0) };
