/** Clients behind a relay: their tokens go through it from end to end, and it knows none. */
import { type ConcoordError, openSession } from "concoord";
import { type Node, replica } from "concoord/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../process/processes.ts";
import { RelayRig } from "../relay/rig.ts";
import { provingNode } from "./proving-node.ts";

const timeout = 20_000;
const objects = ["./test/fixtures/objects/desk.ts"];
let proving: Node;
let asking: Node;
beforeAll(async () => {
  proving = await provingNode(objects);
  const [port = 0] = await freePorts(1);
  const auth = {
    authenticate: ({ token }: { readonly token: string | null }) =>
      token === "ann's" ? ({ user: "ann", rights: ["call"] } as const) : null,
  };
  asking = await replica({ objects, memory: true, port, auth, peerToken: "nodes" });
});
afterAll(async () => {
  await proving[Symbol.asyncDispose]();
  await asking[Symbol.asyncDispose]();
});

async function note(relay: RelayRig, token: string): Promise<unknown> {
  await using session = openSession(relay.bootstrap, { token, timeout });
  return await session.call("Desk", "note", ["x"]).catch((error: ConcoordError) => error.code);
}

test("a token that is proved", async () => {
  const relay = await RelayRig.start(proving.addr);
  try {
    expect(await note(relay, "clients")).toBeNull();
    for (const token of ["readers", "nodes", "guess"]) expect(await note(relay, token)).toBe("DENIED");
  } finally {
    await relay.stop();
  }
});

test("a token that is sent", async () => {
  const relay = await RelayRig.start(asking.addr);
  try {
    expect(await note(relay, "ann's")).toBe("ann");
    for (const token of ["clients", "nodes"]) expect(await note(relay, token)).toBe("DENIED");
  } finally {
    await relay.stop();
  }
});
