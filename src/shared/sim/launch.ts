/** Starts the program of a simulated node: a real Server over simulated storage, transport and clock. */
import { clusterId, type NodeId, nodeId } from "../paxos/ids.ts";
import { Server } from "../server/server.ts";
import type { Boot } from "../server/start.ts";
import { objectCodec } from "../wire/values.ts";
import { fakeHash, fakeHasher } from "./fake-hash.ts";
import type { Process } from "./machine.ts";
import { makeTransport, type PeerNet, SimProbe } from "./peers.ts";
import { type Shadow, ShadowedStorage } from "./shadow.ts";
import { SimClock } from "./sim-clock.ts";
import { type SimDisk, SimStorage } from "./sim-storage.ts";
import type { World } from "./world.ts";

const probeMillis = 300;
const greetMillis = 1_000;

export interface LaunchEvents {
  /** After each turn of the process. */
  turned(): void;
  /** It gave up by itself, or could not begin. */
  stopped(error: unknown): void;
}

export function launch(world: World, net: PeerNet, process: Process, events: LaunchEvents): void {
  const { agenda, dice, swarm, checker } = world;
  const { machine } = process;
  const newId = nodeId(dice.hex(8));
  const disk = world.disks.get(machine) as SimDisk;
  const inner = new SimStorage(disk, agenda, dice, process);
  const server = new Server({
    addr: machine.addr,
    role: machine.role,
    evictAfterMillis: swarm.evictAfterMillis,
    pace: swarm.pace,
    hasher: fakeHasher,
    newId,
    newCluster: clusterId(dice.hex(16)),
    storage: new ShadowedStorage(inner, machine.shadow as Shadow, process, (head) => checker.kept(head)),
    transport: makeTransport(net, process),
    clock: new SimClock(agenda, dice, process, machine.quartz, swarm.turnMillis, () => events.turned()),
    registry: world.play.registry,
    codec: objectCodec,
    hash: fakeHash,
    version: "sim",
    onStop: (error) => events.stopped(error),
  });
  process.server = server;
  server.start(bootOf(world, net, process, newId)).then(
    () => {
      process.started = true;
      events.turned();
      greet(world, process, server, new SimProbe(net, process, server.id));
    },
    (error: unknown) => events.stopped(error),
  );
}

function bootOf({ checker, nodes }: World, net: PeerNet, process: Process, newId: NodeId): Boot {
  if (checker.views.length === 0 && process.machine === nodes[0]) return { type: "found" };
  const addrs = nodes.map((m) => m.addr);
  return { type: "join", addrs, probe: new SimProbe(net, process, newId), timeoutMillis: probeMillis };
}

/** As nodes do that are given a list of others: those that moved find each other by it. */
function greet(world: World, process: Process, server: Server, probe: SimProbe): void {
  if (server.ready || !process.alive) return;
  for (const { addr } of world.nodes) {
    if (addr === process.machine.addr) continue;
    probe.ask(addr, { type: "askGenesis" }, probeMillis).then(
      (answer) => {
        if (answer.type === "genesis" && process.alive) server.meet(answer.newest);
      },
      () => undefined,
    );
  }
  world.agenda.after(greetMillis, process, () => greet(world, process, server, probe));
}
