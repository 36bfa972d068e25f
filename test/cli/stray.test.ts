/** Whose fault is a failure that nobody waits for, as its stack says. */
import { expect, test } from "vitest";
import { isUsers } from "../../src/node/cli/stray.ts";

const folders = ["/app/node_modules/concoord/dist/", "/app/node_modules/concoord/bin"];

function failure(...frames: readonly string[]): Error {
  return Object.assign(new Error("m"), {
    stack: ["Error: m", ...frames.map((f) => `    at ${f}`)].join("\n"),
  });
}
const ours = "step (file:///app/node_modules/concoord/dist/shared/paxos/node.js:3:9)";
const command = "async file:///app/node_modules/concoord/bin/concoord.js:9:1";
const library = "emit (/app/node_modules/ws/lib/websocket.js:1:2)";
const nodes = "node:internal/process/task_queues:95:5";

test.each([
  ["no error", "text", true],
  ["undefined", undefined, true],
  ["no stack", failure(), false],
  ["of this package", failure(ours, nodes, command), false],
  ["of a library of ours", failure(library, ours), false],
  ["of a class", failure("Bank.pay (file:///srv/bank.ts:3:4)", ours), true],
  ["of a class, as a path", failure("Bank.pay (/srv/bank.js:3:4)"), true],
  ["of an asynchronous function of a class", failure("async /srv/bank.js:3:4", nodes), true],
  ["of the system alone", failure(nodes), false],
])("%s", (_what, error, expected) => {
  expect(isUsers(error, folders)).toBe(expected);
});
