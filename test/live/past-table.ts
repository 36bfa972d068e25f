/** What a node tells of objects that nobody watched there: the same as one where somebody did. */
import assert from "node:assert/strict";
import { recentInputsMax } from "../../src/shared/limits.ts";
import { RecentInputs } from "../../src/shared/object/recent-inputs.ts";
import { classInfos } from "../../src/shared/object/registry.ts";
import { type Call, type Command, type SessionId, seq, sessionId } from "../../src/shared/object/types.ts";
import { millis } from "../../src/shared/paxos/ids.ts";
import { next, type Slot, slot } from "../../src/shared/paxos/slot.ts";
import type { Proposal } from "../../src/shared/paxos/types.ts";
import { Feed } from "../../src/shared/server/feed.ts";
import { PastInputs } from "../../src/shared/server/past-inputs.ts";
import { Dice } from "../../src/shared/sim/dice.ts";
import { decodeFeedInputs, type SlotInputs } from "../../src/shared/wire/feed-codec.ts";
import { wholeSlot } from "../../src/shared/wire/messages.ts";
import { objectCodec } from "../../src/shared/wire/values.ts";
import { calls, Log } from "../object/machine.ts";
import type { LaterCase } from "../server/fetch-rig.ts";
import { boardRegistry } from "./board.ts";

const key = "Board/main";
const slots = 150;

/** Keeps what was decided, as nodes do. */
class KeptLog extends Log {
  readonly decided = new Map<number, Proposal>();
  readonly past = new PastInputs(this.machine, objectCodec, (at: Slot) => this.decided.get(at) ?? null);

  constructor() {
    super(boardRegistry, false);
    this.apply({ type: "found", classes: classInfos(boardRegistry) });
  }

  override proposal(commands: readonly Command[]): Proposal {
    const proposal = super.proposal(commands);
    this.decided.set(next(this.machine.executed), proposal);
    return proposal;
  }

  feed(): Feed {
    return new Feed(key, "Board", this.machine, this.past, () => undefined);
  }
}

/** Programs that call, wait, repeat themselves, say too much, leave and come back. */
class Crowd {
  private readonly log: KeptLog;
  private readonly dice: Dice;
  private readonly sessions: SessionId[] = [];

  constructor(log: KeptLog, seed: number) {
    this.log = log;
    this.dice = new Dice(seed, 1);
    for (let i = 0; i < 3; i++) this.sessions.push(log.open(i + 1));
  }

  step(n: number): void {
    const { log, dice } = this;
    const used = new Map<SessionId, number>();
    const commands = Array.from({ length: 1 + dice.below(4) }, () => this.command(used));
    log.at += dice.pick([1, 50, 200]);
    log.wall += dice.below(50);
    log.seed = dice.below(1_000);
    log.apply(...commands);
    for (const [i, session] of this.sessions.entries())
      if (log.machine.session(session) === null) this.sessions[i] = log.open(100 + 3 * n + i);
  }

  private command(used: Map<SessionId, number>): Command {
    const { log, dice } = this;
    const session = dice.pick(this.sessions);
    const from = used.get(session) ?? log.machine.session(session)?.next ?? 1;
    if (dice.chance(0.05)) return { type: "close", session };
    if (dice.chance(0.1)) return { type: "cancel", session, seqs: [seq(from), seq(1 + dice.below(from))] };
    const list = Array.from({ length: 1 + dice.below(3) }, () => this.call());
    // Too late, or too early: another command with the same numbers is the one that is executed.
    if (dice.chance(0.2)) return calls(session, Math.max(1, from + dice.pick([-1, 1])), list);
    used.set(session, from + list.length);
    return calls(session, from, list);
  }

  private call(): Call {
    const { dice } = this;
    const id = `c${dice.below(1_000)}`;
    const [method, args] = dice.pick<[string, unknown[]]>([
      ["put", [id, "x"]],
      ["dice", [id]],
      ["half", [id]],
      ["wait", [id, dice.pick([0, 100])]],
      ["wake", [id]],
      ["acquire", [id, dice.pick([-1, 300])]],
      ["release", []],
      ["nothing", []],
      ["__concoordinit__", []],
    ]);
    return { object: dice.pick([key, "Board", "Board/other"]), method, args };
  }
}

function told(feed: Feed, since: number): readonly SlotInputs[] {
  feed.cut(millis(0));
  const from = feed.goesOn({ slot: slot(since), at: wholeSlot });
  assert.notEqual(from, null, `nothing is known after slot ${since}`);
  const all = (feed.from(from ?? 0) ?? []).flatMap(({ body }) => decodeFeedInputs(body).slots);
  return all.filter(({ context }) => context.slot > since);
}

const same: LaterCase = {
  name: "live: what nobody watched is told as where somebody did",
  async run() {
    for (let seed = 1; seed <= 10; seed++) {
      const log = new KeptLog();
      const watched = log.feed();
      const crowd = new Crowd(log, seed);
      for (let n = 0; n < slots; n++) crowd.step(n);
      const { executed } = log.machine;
      const all = told(watched, 1);
      const kinds = new Set(all.flatMap(({ inputs }) => inputs.map(({ kind }) => kind)));
      assert.ok(kinds.size >= 4, [...kinds].join(" "));
      watched.close();
      const late = log.feed();
      for (const since of [executed, executed - 1, executed - 20, executed >> 1, 1])
        assert.deepEqual(
          told(late, since),
          all.filter(({ context }) => context.slot > since),
        );
    }
  },
};

const trimmed: LaterCase = {
  name: "live: what the log holds no more is not told",
  async run() {
    const log = new KeptLog();
    const session = log.open();
    for (let i = 0; i < 6; i++) log.call(session, key, "put", `${i}`, "");
    const { executed } = log.machine;
    log.decided.delete(executed - 3);
    const feed = log.feed();
    const at = (since: number) => feed.goesOn({ slot: slot(since), at: wholeSlot });
    assert.equal(at(executed - 4), null);
    assert.notEqual(at(executed - 3), null);
    assert.equal(at(executed - 4), null);
  },
};

const ring: LaterCase = {
  name: "live: inputs that were forgotten are not taken for none",
  async run() {
    const recent = new RecentInputs();
    const whose = { session: sessionId("1.0"), user: null, told: true, payload: new Uint8Array(0) } as const;
    const note = (of: string, at: number) =>
      recent.note(
        of,
        { slot: at, wall: 1.5, logTime: 2, seed: 3 },
        { kind: "init", index: at, k: 0, seq: at, ...whose },
        7,
      );
    note("A/a", 1);
    for (let at = 2; at <= recentInputsMax; at++) note("A/b", at);
    assert.equal(recent.since("A/a", 0)?.length, 1);
    note("A/c", recentInputsMax + 1);
    assert.equal(recent.since("A/a", 0), null, "the oldest one has gone");
    assert.deepEqual(recent.since("A/a", 1), []);
    assert.equal(recent.since("A/b", 1)?.length, recentInputsMax - 1);
    const [last] = recent.since("A/c", 10) ?? [];
    const at = recentInputsMax + 1;
    assert.deepEqual(last, {
      context: { slot: at, wall: 1.5, logTime: 2, seed: 3 },
      input: { kind: "init", index: at, k: 0, seq: at, ...whose },
      command: 7,
    });
    recent.begin(at + 5);
    assert.equal(recent.since("A/b", at), null);
    assert.deepEqual(recent.since("A/b", at + 5), []);
  },
};

export const pastCases: readonly LaterCase[] = [same, trimmed, ring];
