/** Bugs planted in what gives a cluster other code. */
import type { Mutant } from "./mutant.ts";

const object = "src/shared/object";
const server = "src/shared/server";

export const upgradeMutants: readonly Mutant[] = [
  {
    name: "who lacks the new code executes on",
    rule: "P10",
    killer: "code: a restart with other code",
    edits: [
      {
        file: `${server}/executor.ts`,
        find: "if (this.code.changed(applied, before).length === 0) return;",
        replace: "if (this.code.changed(applied, before).length < 9) return;",
      },
    ],
  },
  {
    name: "who lacks the new code may be elected",
    rule: "P10",
    killer: "code: a restart with other code",
    edits: [{ file: `${server}/executor.ts`, find: "    this.node.elector.stands = false;\n", replace: "" }],
  },
  {
    name: "an upgrade is proposed though one that is heard lacks the new code",
    rule: "upgrade",
    killer: "upgrade: refused while one that is heard",
    edits: [
      { file: `${server}/upgrades.ts`, find: "if (lacks.length > 0)", replace: "if (lacks.length > 9)" },
    ],
  },
  {
    name: "an upgrade is proposed though f replicas hold the new code",
    rule: "upgrade",
    killer: "upgrade: refused where fewer than f + 1",
    edits: [
      {
        file: `${server}/upgrades.ts`,
        find: "needed: Math.min(mayFail + 1, replicas.length)",
        replace: "needed: mayFail",
      },
    ],
  },
  {
    name: "an upgrade that comes late brings old code back",
    rule: "upgrade",
    killer: "upgrade: one that comes again",
    edits: [
      {
        file: `${object}/served-code.ts`,
        find: "if (command.view !== view || command.upgrades !== this.count) return;",
        replace: "if (command.view !== view) return;",
      },
    ],
  },
  {
    name: "objects go over before it is known that all can",
    rule: "upgrade",
    killer: "upgrade: one object that cannot go over",
    edits: [
      {
        file: `${object}/upgrade.ts`,
        find: "made.push(readMoved(source, instance.entry, to, hook));",
        replace:
          "made.push(readMoved(source, instance.entry, to, hook));\n          instance.object = made.at(-1) as object;",
      },
    ],
  },
];
