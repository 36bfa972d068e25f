/** Live objects over real sockets: a node in this process, programs of it, and what a node lets be followed. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { live, type Node, openSession, replica } from "../../src/node/node.ts";

class Chat {
  lines: string[] = [];
  say(line: string): number {
    return this.lines.push(line);
  }
}
class Impure {
  at = 0;
  look(): void {
    this.at++;
  }
}

const chat = `export class Chat { lines: string[] = []; say(line: string): number { return this.lines.push(line); } }`;
const impure = `let count = 0; export class Impure { at = 0; look(): void { this.at = ++count; } }`;

let folder = "";
let node: Node;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "concoord-live-"));
  const files = { "chat.ts": chat, "impure.ts": impure };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  node = await replica({
    objects: Object.keys(files).map((name) => join(folder, name)),
    port: 0,
    memory: true,
  });
});

afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function until(done: () => boolean, subscribe: (changed: () => void) => () => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = () => done() && resolve();
    subscribe(look);
    look();
  });
}

test("two programs see each other's changes", async () => {
  await using one = live(Chat, node.addr);
  await using session = openSession(node.addr);
  await using two = session.live(Chat);
  await Promise.all([one.ready, two.ready]);
  const said = one.calls.say("hello");
  expect(one.state.lines).toEqual(["hello"]);
  expect(await said).toBe(1);
  await until(() => two.state.lines.length === 1, two.subscribe);
  const changes = one.changes();
  expect(await two.calls.say("world")).toBe(2);
  expect((await changes.next()).value).toMatchObject({ kind: "call", method: "say", args: ["world"] });
  await until(() => one.state.lines.length === 2, one.subscribe);
});

test("a class that does not pass the safety check is not followed", async () => {
  await using impureObject = live(Impure, node.addr);
  await expect(impureObject.ready).rejects.toMatchObject({ code: "DENIED" });
  await expect(impureObject.ready).rejects.toThrow(/safety check: .*impure\.ts:1/);
});
