/** Cases of the client that throw when they fail: tests and mutants run the same ones. */
import assert from "node:assert/strict";
import { ConcoordError } from "../../src/shared/client/errors.ts";
import { session, within } from "../../src/shared/client/index.ts";
import type { LaterCase } from "../server/fetch-rig.ts";
import { only, started, watch } from "./world.ts";

const sentInLost: LaterCase = {
  name: "client: what was sent in a session that ended may have been executed; the rest goes into the next one",
  async run() {
    const { world, counter, clock } = await started();
    const lost: unknown[] = [];
    counter[session].addEventListener("sessionlost", (e) => lost.push(e.type));
    world.quorum = false;
    const sent = watch(counter.increment());
    await clock.pass(5);
    world.end(only(world));
    const unsent = watch(within(counter, {}).increment());
    await clock.pass(1);
    world.heal();
    await clock.until(() => sent.done && unsent.done);
    assert.ok(sent.error instanceof ConcoordError);
    const { code, executed, retryable } = sent.error;
    assert.deepEqual(
      { code, executed, retryable },
      { code: "SESSION_EXPIRED", executed: "unknown", retryable: true },
    );
    assert.deepEqual(lost, ["sessionlost"]);
    const next = watch(counter.increment());
    await clock.until(() => next.done);
    assert.equal(next.value, 1);
    assert.equal(world.tables.size, 2);
    assert.equal(counter[session].state, "open");
  },
};

export const clientCases: readonly LaterCase[] = [sentInLost];
