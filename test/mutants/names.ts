/** Bugs planted in what makes nameservers members that follow views only. */
import type { Mutant } from "./mutant.ts";

const server = "src/shared/server";
const follower = "src/shared/client/view-follower.ts";

export const nameMutants: readonly Mutant[] = [
  {
    name: "a follower goes back to an older view",
    rule: "names",
    killer: "follower: a view counts when its number is higher",
    edits: [
      { file: follower, find: "view.number <= this.number || cluster === null", replace: "cluster === null" },
    ],
  },
  {
    name: "a follower believes a node that knows no leader",
    rule: "names",
    killer: "follower: it leaves a node that knows no leader",
    edits: [{ file: follower, find: "ready !== null && ready.leader !== null", replace: "ready !== null" }],
  },
  {
    name: "a follower forgets its cluster when it is refused",
    rule: "names",
    killer: "follower: another cluster is told of and not followed",
    edits: [
      {
        file: follower,
        find: "this.connection = this.connect(cluster);",
        replace: "this.connection = this.connect(null);",
      },
    ],
  },
  {
    name: "followers are told of the first view alone",
    rule: "names",
    killer: "nameservers: one is shown as long as it asks",
    edits: [
      {
        file: `${server}/followers.ts`,
        find: "newest.number === this.told ? [news]",
        replace: "this.told > 0 ? [news]",
      },
    ],
  },
  {
    name: "a leader waits for followers before it stops",
    rule: "names",
    killer: "followers: they hold up no leader that stops",
    edits: [
      {
        file: `${server}/followers.ts`,
        find: "          other.closed();\n          this",
        replace: "          this",
      },
    ],
  },
  {
    name: "a nameserver is evicted as soon as it is away",
    rule: "names",
    killer: "absence: what is proposed",
    edits: [
      {
        file: `${server}/absence.ts`,
        find: "const nameserverTimes = 10;",
        replace: "const nameserverTimes = 0;",
      },
    ],
  },
  {
    name: "a nameserver takes the place of a voter",
    rule: "names",
    killer: "admission: nameservers",
    edits: [
      {
        file: `${server}/admission.ts`,
        find: "if (isNameserver && takesPart(holder))",
        replace: "if (false)",
      },
    ],
  },
  {
    name: "a nameserver takes the place of one that goes on asking",
    rule: "names",
    killer: "admission: nameservers",
    edits: [
      {
        file: `${server}/admission.ts`,
        find: "return takesPart(holder) ? replaceAfterMillis :",
        replace: "return holder.away || replaceAfterMillis > 0 ? replaceAfterMillis :",
      },
    ],
  },
  {
    name: "a nameserver that left joins again",
    rule: "names",
    killer: "farewell: the change that removed a node",
    edits: [
      {
        file: `${server}/farewell.ts`,
        find: 'if (change.type === "leave") this.note(change.id);',
        replace: "",
      },
    ],
  },
  {
    name: "a nameserver that asks counts as silent",
    rule: "names",
    killer: "nameservers: one is shown as long as it asks",
    edits: [
      {
        file: `${server}/membership.ts`,
        find: "if (!takesPart(member)) this.heardAt.set(member.id, now);",
        replace: "",
      },
    ],
  },
  {
    name: "a nameserver that is shown asks no more",
    rule: "names",
    killer: "nameservers: one is shown as long as it asks",
    edits: [
      {
        file: `${server}/nameserver-standing.ts`,
        find: "    transport.flush();\n    this.arm();",
        replace: "    transport.flush();\n    if (!this.isShown) this.arm();",
      },
      {
        file: `${server}/nameserver-standing.ts`,
        find: "if (this.timer === null) this.arm();",
        replace: "",
      },
    ],
  },
  {
    name: "a member that joins again has been silent since it was evicted",
    rule: "names",
    killer: "nameservers: one that stays away is evicted",
    edits: [
      {
        file: `${server}/membership.ts`,
        find: "if (!members.some((m) => m.id === id)) this.heardAt.delete(id);",
        replace: "if (!members.some((m) => m.id === id)) continue;",
      },
      {
        file: `${server}/membership.ts`,
        find: "if (!takesPart(member)) this.heardAt.set",
        replace: "if (known && !takesPart(member)) this.heardAt.set",
      },
    ],
  },
  {
    name: "a refusal does not reach a nameserver that asked another node than the leader",
    rule: "names",
    killer: "nameservers: through a node that does not lead",
    edits: [
      {
        file: `${server}/membership.ts`,
        find: "this.asking.get(message.id)?.(message);",
        replace: "void message;",
      },
    ],
  },
];
