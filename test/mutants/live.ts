/** Bugs planted in live objects, on both sides. */
import type { Mutant } from "./mutant.ts";

const seeds = "live: seeds under faults";
const feed = "src/shared/server/feed.ts";
const learner = "src/shared/live/learner.ts";
const copy = "src/shared/live/copy.ts";
const object = "src/shared/live/object.ts";
const pending = "src/shared/live/pending.ts";
const feeds = "src/shared/server/feeds.ts";
const watch = "src/shared/client/watch.ts";

const recent = "src/shared/object/recent-inputs.ts";
const execution = "src/shared/object/execution.ts";

export const liveMutants: readonly Mutant[] = [
  {
    name: "calls that nobody watched are looked for in the first command of their slot",
    rule: "live",
    killer: "live: what nobody watched is told as where somebody did",
    edits: [{ file: "src/shared/object/turns.ts", find: "this.execution.command = place;", replace: "" }],
  },
  {
    name: "deadlines that nobody watched are not remembered",
    rule: "live",
    killer: "live: what nobody watched is told as where somebody did",
    edits: [
      {
        file: execution,
        find: "    this.recent.note(this.instances.nameOf(instance), this.context, input, 0);",
        replace: "",
      },
    ],
  },
  {
    name: "inputs that were overwritten are taken for none",
    rule: "live",
    killer: "live: inputs that were forgotten are not taken for none",
    edits: [{ file: recent, find: "if (this.count > this.length)", replace: "if (this.count < 0)" }],
  },
  {
    name: "a node that takes a snapshot believes that it knows the inputs before",
    rule: "live",
    killer: "live:",
    edits: [{ file: execution, find: "    this.recent.begin(slot);\n", replace: "" }],
  },
  {
    name: "a node tells nothing of what nobody watched there",
    rule: "live",
    killer: "live: what nobody watched is told as where somebody did",
    edits: [{ file: feed, find: "this.reach(at === wholeSlot ? slot : slot - 1);", replace: "" }],
  },
  {
    name: "inputs are executed twice where two nodes tell of them",
    rule: "live",
    killer: seeds,
    edits: [
      {
        file: learner,
        find: "context.slot > at.slot || (context.slot === at.slot && input.at > at.at)",
        replace: "true",
      },
    ],
  },
  {
    name: "the tail reaches further back than it does",
    rule: "live",
    killer: "live: what was executed while a node took a snapshot",
    edits: [{ file: feed, find: "    if (slot < this.reaches) return null;", replace: "" }],
  },
  {
    name: "a feed goes on when the node's state came from a snapshot",
    rule: "live",
    killer: "live: what was executed while a node took a snapshot",
    edits: [{ file: feed, find: "if (replaced === this.replaced) return;", replace: "return;" }],
  },
  {
    name: "a program's new connection begins anew",
    rule: "live",
    killer: "live: a new connection goes on where the old one ended",
    edits: [{ file: learner, find: "since: this.#position", replace: "since: null" }],
  },
  {
    name: "snapshots do not say which tickets live",
    rule: "live",
    killer: "live: what waits, and what is over",
    edits: [{ file: feed, find: "waiting: waiting.map(", replace: "waiting: waiting.slice(0, 0).map(" }],
  },
  {
    name: "a copy does not hear of sessions that end",
    rule: "live",
    killer: "live: what waits, and what is over",
    edits: [
      {
        file: "src/shared/object/turns.ts",
        find: 'this.execution.over(instance, "sessionEnd", session, 0);',
        replace: "",
      },
    ],
  },
  {
    name: "the stream of chance is that of the slot, not of the call",
    rule: "live",
    killer: seeds,
    edits: [{ file: copy, find: "this.#k = k;", replace: "this.#k = 0;" }],
  },
  {
    name: "a deadline is over for the object alone",
    rule: "live",
    killer: "live: what waits, and what is over",
    edits: [
      {
        file: copy,
        find: "if (living.get(key) === waiting) living.delete(key);",
        replace: "",
      },
    ],
  },
  {
    name: "a copy looks at no hash",
    rule: "live",
    killer: "live: a copy that differs",
    edits: [{ file: learner, find: "if (hash !== null) this.#compare(hash);", replace: "" }],
  },
  {
    name: "a copy that differs executes for ever",
    rule: "live",
    killer: "live: a copy that differs",
    edits: [{ file: learner, find: "same ? 0 : this.#strikes + 1", replace: "0" }],
  },
  {
    name: "a copy that differs says nothing",
    rule: "live",
    killer: "live: a copy that differs",
    edits: [{ file: learner, find: "this.#events.diverged(this.slot);", replace: "" }],
  },
  {
    name: "the hash does not see what objects hold",
    rule: "live",
    killer: "live: a copy that differs",
    edits: [{ file: "src/shared/object/state-hash.ts", find: "else partsOf(o).forEach(mix);", replace: "" }],
  },
  {
    name: "a program in step with a snapshot asks for no inputs",
    rule: "live",
    killer: "live: a copy that differs takes",
    edits: [{ file: learner, find: "if (isOurs && !executes) this.relinked();", replace: "" }],
  },
  {
    name: "all is told that was executed, also what was not sent",
    rule: "live",
    killer: "live: nobody is told of more than was sent",
    edits: [
      {
        file: feed,
        find: "first === undefined ? this.machine.executed : ((first.context.slot - 1) as Slot)",
        replace: "first === undefined ? this.machine.executed : this.machine.executed",
      },
    ],
  },
  {
    name: "a snapshot may be older than what the program has",
    rule: "live",
    killer: "live: nobody is told of more than was sent",
    edits: [
      { file: feed, find: "kept !== null && kept.slot >= least", replace: "kept !== null && least >= 0" },
    ],
  },
  {
    name: "inputs are told to code of another version",
    rule: "live",
    killer: "live: a program with another version",
    edits: [
      {
        file: "src/shared/server/feed-learner.ts",
        find: "this.message.version !== null && this.message.version === this.feed.version",
        replace: "this.message.version !== null",
      },
    ],
  },
  {
    name: "own calls stay before others that came first",
    rule: "live",
    killer: "live: own calls show at once",
    edits: [
      {
        file: object,
        find: "    this.#ahead = null;\n    // What else",
        replace: "    // What else",
      },
    ],
  },
  {
    name: "with each own call the earlier ones run again",
    rule: "live",
    killer: "live: own calls show at once",
    edits: [{ file: pending, find: "this.#own.slice(from)", replace: "this.#own" }],
  },
  {
    name: "own calls that were refused stay",
    rule: "live",
    killer: "live: own calls show at once",
    edits: [{ file: pending, find: "ran ? seen() : 0", replace: "ran ? seen() : never" }],
  },
  {
    name: "calls that were confirmed run on top of themselves",
    rule: "live",
    killer: "live:",
    edits: [{ file: pending, find: "call.seq !== seq", replace: "seq > 0" }],
  },
  {
    name: "each change is a frame, however many come",
    rule: "live",
    killer: "live: at once while little happens",
    edits: [{ file: feeds, find: "if (now >= this.frameAt) this.tell", replace: "if (now >= 0) this.tell" }],
  },
  {
    name: "a crowd is told as often as one",
    rule: "live",
    killer: "live: to tell a crowd",
    edits: [{ file: feeds, find: "this.spent / feedShareMax", replace: "0" }],
  },
  {
    name: "who hears of an object is asked all the same",
    rule: "live",
    killer: "live: who hears of an object",
    edits: [{ file: watch, find: "(++link.pinged + 1) * watchingMillis > ttl / 3", replace: "true" }],
  },
  {
    name: "who hears of an object shows no sign of life",
    rule: "live",
    killer: "live: who hears of an object",
    edits: [{ file: watch, find: "(++link.pinged + 1) * watchingMillis > ttl / 3", replace: "false" }],
  },
  {
    name: "heartbeats tell nothing",
    rule: "live",
    killer: "live: where nothing happens",
    edits: [
      {
        file: "src/shared/server/feed-learner.ts",
        find: "    this.upToDate(slotZero, hash ?? noBody);\n",
        replace: "",
      },
    ],
  },
  {
    name: "classes are watched that say no",
    rule: "live",
    killer: "live: a class that says so",
    edits: [{ file: feeds, find: "if (!entry.live)", replace: "if (entry.name === '')" }],
  },
  {
    name: "states of any size are told",
    rule: "live",
    killer: "live: a class that is not served",
    edits: [{ file: feed, find: "if (body.length <= liveStateMax) return body;", replace: "return body;" }],
  },
  {
    name: "a call that blocks is not waiting in a copy",
    rule: "live",
    killer: "live:",
    edits: [{ file: copy, find: "if (!isBlockedSign(value)) frame.release();", replace: "frame.release();" }],
  },
];
