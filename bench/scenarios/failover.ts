/** The leader is killed (SIGKILL) under load, again and again: how long nobody is answered. */
import { play } from "../../test/process/scenarios.ts";
import type { Scenario } from "../scenario.ts";

const writers = 4;

export const failover: Scenario = {
  name: "failover",
  about: `The leader is killed with SIGKILL while ${writers} programs write: the longest silence of each time.`,
  async run({ quick }, note) {
    const times = quick ? 2 : 20;
    const outcome = await play("leader-kill", times, writers);
    if (!outcome.exact) throw new Error(`calls were lost or doubled: ${JSON.stringify(outcome)}`);
    const { medianSilenceMillis, worstSilenceMillis, worstCallMillis, silencesMillis } = outcome;
    note(`leader killed ${times} times: median ${medianSilenceMillis} ms, worst ${worstSilenceMillis} ms`);
    const each = Object.fromEntries(silencesMillis.map((silence, i) => [`silence${i + 1}Millis`, silence]));
    const figures = { medianSilenceMillis, worstSilenceMillis, worstCallMillis, ...each };
    return [{ scenario: "failover", subject: "concoord", work: `${times} times`, figures }];
  },
};
