/** The parts of a node, put together over its storage, transport and clock. */
import type { Heard } from "../object/heard.ts";
import type { NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import type { SnapshotHead } from "../paxos/types.ts";
import type { Member } from "../paxos/view.ts";
import type { Driver } from "./driver.ts";
import type { Farewell, Gone } from "./farewell.ts";
import { Feeds } from "./feeds.ts";
import { Followers } from "./followers.ts";
import { Gateway } from "./gateway.ts";
import { LocalReplica } from "./local-replica.ts";
import { Membership } from "./membership.ts";
import type { Meters } from "./meters.ts";
import { Newcomer } from "./newcomer.ts";
import type { ServerOptions } from "./options.ts";
import { PastInputs } from "./past-inputs.ts";
import { Routing } from "./routing.ts";
import type { SlotWatch } from "./slot-watch.ts";
import { snapshotPace } from "./snapshots.ts";
import type { Opened } from "./start.ts";

export interface Parts {
  readonly node: PaxosNode;
  readonly replica: LocalReplica;
  readonly driver: Driver;
  readonly routing: Routing;
  readonly gateway: Gateway;
  readonly feeds: Feeds;
  readonly followers: Followers;
  readonly newcomer: Newcomer;
  readonly membership: Membership;
  readonly farewell: Farewell;
}

/** What the parts tell the server that they are of. */
export interface PartsEvents {
  /** The state comes from a snapshot, which stands for decisions that this node did not see. */
  restored(head: SnapshotHead): void;
  /** This node cannot become a member. */
  refused(error: Error): void;
  /** This node is no member any more. */
  gone(reason: Gone): void;
  failed(error: unknown): void;
}

const evictAfterDefault = 30_000;

/** @param options `member` is this node as the view shall show it, but for its id */
export function compose(
  options: ServerOptions & { readonly member: Omit<Member, "id"> },
  { found, farewell }: Opened,
  node: PaxosNode,
  driver: Driver,
  events: PartsEvents,
): Parts {
  const { transport, clock, codec, hash, member } = options;
  const replica = new LocalReplica({
    ...options,
    node,
    driver,
    snapshotter: options.snapshotter ?? null,
    keeper: options.keeper ?? null,
    pace: options.pace ?? snapshotPace,
    genesis: found.genesis,
    executes: member.role !== "acceptor",
    route: (command) => void routing.route([command], () => undefined),
    restored: (head) => events.restored(head),
    applied: (applied) => gateway.applied(applied),
    failed: (error) => events.failed(error),
  });
  const { machine } = replica;
  const routing = new Routing(node, driver, machine, transport, codec);
  const refuse = options.refuse ?? null;
  const askRead = (token: number) => driver.push({ type: "read", token });
  const gateway = new Gateway(node, machine, routing, codec, clock, hash, askRead, refuse);
  machine.turns.heard =
    options.slots === undefined ? [gateway.meters] : [gateway.meters, heardBy(options.slots, gateway.meters)];
  const past = new PastInputs(machine, codec, (slot) => replica.decidedIn(slot));
  const feeds = new Feeds(machine, past, clock, options.mayWatch ?? null, refuse);
  const followers = new Followers(node);
  const evictAfter = options.evictAfterMillis ?? evictAfterDefault;
  const hasLeft = (id: NodeId) => farewell.hasLeft(id);
  const membership = new Membership(node, driver, transport, clock, { evictAfter, hasLeft });
  const newcomer = new Newcomer(node, membership, transport, clock, { id: found.id, ...member }, farewell, {
    refused: (error) =>
      events.refused(replica.problems.length === 0 ? error : new Error(replica.problems.join("; "))),
    mayJoin: () => !replica.executor.isHoping,
    gone: (reason) => events.gone(reason),
  });
  return { node, replica, driver, routing, gateway, feeds, followers, newcomer, membership, farewell };
}

function heardBy(slots: SlotWatch, meters: Meters): Heard {
  return {
    executed: (command, call, of, outcome) =>
      slots.executed(call, command.session, of, outcome, meters.arrivedAt(command)),
  };
}

/** Clients and followers lose their connections. */
export function hangUp({ gateway, feeds, followers }: Parts): void {
  gateway.close();
  feeds.close();
  followers.close();
}
