/** Bugs planted in what a leader, or a node about to lead, does. */
import type { Mutant } from "./mutant.ts";

const paxos = "src/shared/paxos";

export const leadingMutants: readonly Mutant[] = [
  {
    name: "a leader hands over before what it proposed is decided",
    rule: "hand-over",
    killer: "golden script hand-over.txt",
    edits: [
      {
        file: `${paxos}/handover.ts`,
        find: "if (!leader.idle) return null;",
        replace: "if (!leader.active) return null;",
      },
    ],
  },
  {
    name: "a candidate does not ask the voters of a view that it learns of",
    rule: "rule 5",
    killer: "leader: asks the voters of a view",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: 'if (this.state.type === "following") return;\n    if (this.state.type === "active") this.state.fillTo',
        replace:
          'if (this.state.type !== "active") return;\n    if (this.state.type === "active") this.state.fillTo',
      },
    ],
  },
  {
    name: "commands are taken before what phase 1 found is decided",
    rule: "rule 9",
    killer: "leader: ready when all",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: "this.log.decided >= this.state.scout.top",
        replace: "this.log.decided >= 0",
      },
    ],
  },
  {
    name: "log time runs in an outage",
    rule: "log time",
    killer: "leader: log time stands still",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: "if (connected && !this.isStuck(moment.now))",
        replace: "if (connected || !connected)",
      },
    ],
  },
  {
    name: "a node that was left out gets promises",
    rule: "rule 8",
    killer: "node: left out",
    edits: [
      {
        file: `${paxos}/node.ts`,
        find: "const out = view < newest.number &&",
        replace: "const out = view < 0 &&",
      },
    ],
  },
  {
    name: "a chosen value without its mark replaces what was accepted",
    rule: "P3",
    killer: "log: recovery after each prefix",
    edits: [
      {
        file: `${paxos}/recovery.ts`,
        find: "if (s <= decided) this.values.set(s, pvalue);",
        replace: "this.values.set(s, pvalue);",
      },
    ],
  },
  {
    name: "a mark alone is not written, whatever view begins after it",
    rule: "rule 6",
    killer: "driver: a mark alone is written when a view begins after it",
    edits: [
      {
        file: `${paxos}/kept-mark.ts`,
        find: "plus(decided, 1) < first",
        replace: "plus(decided, 1) >= 0",
      },
    ],
  },
  {
    name: "a mark counts as durable before it is",
    rule: "rule 6",
    killer: "driver: a mark alone is written when a view begins after it",
    edits: [
      {
        file: `${paxos}/kept-mark.ts`,
        find: "this.asked = decided;\n    out",
        replace: "this.asked = this.slot = decided;\n    out",
      },
    ],
  },
  {
    name: "another node says what is durable here",
    rule: "rule 6",
    killer: "node: only its own word",
    edits: [{ file: `${paxos}/kept-mark.ts`, find: "if (own) this", replace: "this" }],
  },
  {
    name: "a node that needs a snapshot stands",
    rule: "rule 3",
    killer: "golden script rule3-needs-snapshot.txt",
    edits: [
      { file: `${paxos}/elector.ts`, find: "!this.catchUp.needsSnapshot && mayLead", replace: "mayLead" },
    ],
  },
  {
    name: "a candidate that finds that it needs a snapshot goes on asking",
    rule: "rule 3",
    killer: "golden script rule3-below-trim.txt",
    edits: [
      {
        file: `${paxos}/elector.ts`,
        find: "if (ballot !== null && !active && this.catchUp.needsSnapshot) election.outvoted(ballot);",
        replace: "",
      },
    ],
  },
];
