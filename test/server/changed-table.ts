/** When a node that is asked to let a member go may answer that it is gone: rule 6. */
import assert from "node:assert/strict";
import { slot } from "../../src/shared/paxos/slot.ts";
import { Membership } from "../../src/shared/server/membership.ts";
import { ballot, type Case, id, product, pvalue, recovered, table, view } from "../paxos/case.ts";
import { rig } from "../paxos/driver-rig.ts";
import { beat } from "../paxos/election-table.ts";

/** View 2 of a, b and c governs from #3 on, d has left. All know that #2 is decided; it is on some of the disks. */
const changed = table(
  "membership: changed is answered when a majority has what was before the view on its disk",
  product([1, 2], [0, 1, 2, 3], [0, 2]),
  ([own, ofB, ofC]) => {
    const accepted = [1, 2].map((s) => pvalue(s, "1.a", `v${s}`));
    const views = [view("abcd"), view("abc", 2, 3)];
    const { driver, disk, net, clock, hear } = rig(
      recovered("a", view("abcd"), { views, accepted, decided: slot(own), promised: ballot("1.a") }),
    );
    for (const [name, kept] of [
      ["b", ofB],
      ["c", ofC],
      ["d", 2],
    ] as const) {
      const message = beat("1.a", { view: 2, decided: slot(2), kept: slot(kept) });
      driver.push({ type: "receive", from: id(name), message });
    }
    hear({ type: "decided", ballot: ballot("1.a"), decided: slot(2) });
    assert.equal(driver.node.log.decided, 2);
    const options = { evictAfter: 30_000, hasLeft: () => false };
    const membership = new Membership(driver.node, driver, net, clock, options);
    const answers: unknown[] = [];
    membership.askedChange(id("f"), "leave", id("d"), (answer) => answers.push(answer));
    const safe = [own, ofB, ofC].filter((mark) => mark >= 2).length >= 2;
    assert.deepEqual(answers, safe ? [{ type: "changed", view: 2 }] : []);
    assert.equal(disk.appends.length, own === 2 ? 0 : 1, "its own mark is on its way to the disk");
  },
);

export const changedCases: readonly Case[] = [changed];
