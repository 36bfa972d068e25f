/** What every Transport must do; each adapter runs it with a rig of its own. */
import { describe, expect, test } from "vitest";
import type { NodeId } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Transport } from "../../src/shared/server/transport.ts";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";

export interface RigNode {
  readonly id: NodeId;
  readonly addr: string;
  readonly transport: Transport;
}

export interface TransportRig {
  /** A node that listens; its transport is not started. */
  add(): Promise<RigNode>;
  /** The process is gone: nobody listens on its port any more. */
  kill(node: RigNode): Promise<void>;
  /** Lets time pass until the condition holds. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

interface Heard {
  readonly from: NodeId;
  readonly message: PeerMessage;
}

export interface Started extends RigNode {
  readonly heard: Heard[];
  readonly refused: NodeId[];
}

export function numbered(n: number): PeerMessage {
  return { type: "catchup", from: slot(n) };
}

/**
 * Starts its transport and notes what it hears; `catchup` from slot 1000 on is answered with the next
 * number.
 */
export function started(node: RigNode): Started {
  const heard: Heard[] = [];
  const refused: NodeId[] = [];
  node.transport.start({
    receive: (from, message, reply) => {
      heard.push({ from, message });
      if (message.type === "catchup" && message.from === 1000) reply(numbered(message.from + 1));
    },
    refused: (peer) => refused.push(peer),
  });
  return { ...node, heard, refused };
}

function numbers(node: Started): readonly number[] {
  return node.heard.map(({ message }) => (message.type === "catchup" ? message.from : -1));
}

export function transportConformance(name: string, makeRig: () => Promise<TransportRig>): void {
  const inRig = (title: string, run: (rig: TransportRig) => Promise<void>) =>
    test(title, async () => {
      const rig = await makeRig();
      try {
        await run(rig);
      } finally {
        await rig.close();
      }
    });
  const pair = async (rig: TransportRig) => {
    const a = started(await rig.add());
    const b = started(await rig.add());
    a.transport.learn(b.id, b.addr);
    b.transport.learn(a.id, a.addr);
    return { a, b };
  };
  describe(`transport: ${name}`, () => {
    inRig("brings messages to the peer, with the sender's id", async (rig) => {
      const { a, b } = await pair(rig);
      a.transport.send([b.id], numbered(7));
      a.transport.flush();
      await rig.until(() => b.heard.length > 0);
      expect(b.heard).toEqual([{ from: a.id, message: numbered(7) }]);
    });
    inRig("brings one message to several peers", async (rig) => {
      const { a, b } = await pair(rig);
      const c = started(await rig.add());
      a.transport.learn(c.id, c.addr);
      for (const n of [1, 2, 3]) a.transport.send([b.id, c.id], numbered(n));
      a.transport.flush();
      await rig.until(() => b.heard.length >= 3 && c.heard.length >= 3);
      expect([numbers(b), numbers(c)].map((list) => [...list].sort())).toEqual([
        [1, 2, 3],
        [1, 2, 3],
      ]);
    });
    inRig("skips peers that it does not know", async (rig) => {
      const { a, b } = await pair(rig);
      const stranger = "00000000000000ff" as NodeId;
      a.transport.send([stranger, b.id], numbered(1));
      a.transport.flush();
      await rig.until(() => b.heard.length > 0);
      expect(numbers(b)).toEqual([1]);
    });
    inRig("brings replies back to who asked", async (rig) => {
      const { a, b } = await pair(rig);
      a.transport.send([b.id], numbered(1000));
      a.transport.flush();
      await rig.until(() => a.heard.length > 0);
      expect(a.heard).toEqual([{ from: b.id, message: numbered(1001) }]);
    });
    inRig("says that a peer's port refuses", async (rig) => {
      const { a, b } = await pair(rig);
      a.transport.send([b.id], numbered(1));
      a.transport.flush();
      await rig.until(() => b.heard.length > 0);
      await rig.kill(b);
      await rig.until(() => {
        a.transport.send([b.id], numbered(2));
        a.transport.flush();
        return a.refused.length > 0;
      });
      expect(a.refused[0]).toBe(b.id);
    });
    inRig("hands over nothing after it was closed, and sends nothing", async (rig) => {
      const { a, b } = await pair(rig);
      b.transport.send([a.id], numbered(1));
      b.transport.flush();
      await rig.until(() => a.heard.length > 0);
      await b.transport.close();
      b.transport.send([a.id], numbered(2));
      b.transport.flush();
      const c = started(await rig.add());
      c.transport.learn(a.id, a.addr);
      c.transport.send([a.id], numbered(3));
      c.transport.flush();
      await rig.until(() => numbers(a).includes(3));
      expect(numbers(a)).toEqual([1, 3]);
      expect(b.heard).toEqual([]);
    });
  });
}
