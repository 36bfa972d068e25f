/** Sessions that operators end, asked of any node, and the list of those that are open. */
import { expect, test } from "vitest";
import { sessionsListedMax } from "../../src/shared/limits.ts";
import { sessionId } from "../../src/shared/object/types.ts";
import { sessionList } from "../../src/shared/server/session-list.ts";
import { Log, open } from "../object/machine.ts";
import { Nodes } from "./membership-rig.ts";
import { RawClient } from "./rig.ts";

test("any replica ends a session: its client and all nodes hear of it", async () => {
  const nodes = new Nodes();
  await nodes.start("abc");
  await nodes.start("x", "acceptor");
  const client = new RawClient(nodes.server("b"));
  const session = await client.open(nodes.clock, "1".repeat(32), 10_000);
  const other = await new RawClient(nodes.server("b")).open(nodes.clock, "2".repeat(32), 20_000);
  for (const name of ["a", "b", "c"])
    await nodes.clock.until(() => sessionList(nodes.server(name).machine).count === 2, "two sessions");
  expect(sessionList(nodes.server("c").machine).list).toMatchObject([
    { id: session, user: null, ttl: 10_000, blocked: 0 },
    { id: other, user: null, ttl: 20_000, blocked: 0 },
  ]);
  expect(await nodes.ask("c", { type: "endSession", session })).toEqual({ type: "sessionEnded", session });
  await nodes.clock.until(() => client.of("ended").length > 0, "the client's news");
  expect(client.of("ended")).toEqual([{ type: "ended", session }]);
  expect(sessionList(nodes.server("c").machine).list.map((s) => s.id)).toEqual([other]);

  const refused = { type: "changeRefused", code: "DENIED" };
  for (const name of ["a", "b"])
    expect(await nodes.ask(name, { type: "endSession", session })).toMatchObject({
      ...refused,
      message: `no session ${session} is open`,
    });
  expect(await nodes.ask("x", { type: "endSession", session: other })).toMatchObject({
    ...refused,
    message: expect.stringMatching("holds no sessions"),
  });
  const later = sessionId("9999999.0");
  expect(await nodes.ask(nodes.leader.name, { type: "endSession", session: later })).toMatchObject(refused);
});

test("a close that got lost is sent again: also to the next leader", async () => {
  const nodes = new Nodes();
  await nodes.start("abc");
  const leader = nodes.leader.name;
  const asked = ["a", "b", "c"].find((name) => name !== leader) ?? "";
  const session = await new RawClient(nodes.server(asked)).open(nodes.clock, "1".repeat(32), 60_000);
  nodes.kill(leader);
  const answer = await nodes.ask(asked, { type: "endSession", session });
  expect(answer).toEqual({ type: "sessionEnded", session });
});

test("the list is bounded, the count is not", () => {
  const log = new Log();
  for (let from = 0; from <= sessionsListedMax; from += 5_000)
    log.apply(...Array.from({ length: 5_000 }, (_, i) => open(from + i)));
  const { count, list } = sessionList(log.machine);
  expect([count, list.length]).toEqual([sessionsListedMax + 5_000, sessionsListedMax]);
});
