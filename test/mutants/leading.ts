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
];
