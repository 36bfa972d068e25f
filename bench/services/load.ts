/** The load of the bench on another service: a closed loop of one kind of work, a connection for each client. */
import { argv } from "node:process";
import { type LoadOrder, loadOrder, report } from "../measure.ts";
import { EtcdClient } from "./etcd-client.ts";
import { ZooKeeperClient } from "./zookeeper-client.ts";

/** The best that the service offers for each; what concoord does beside it stands in bench/RESULTS.md. */
export type Work = "write" | "counter" | "read" | "lock";

const value = Buffer.alloc(64, "v");
const leaseSeconds = 60;

type Lane = () => Promise<unknown>;

/** Clients spread over the members, as users of a cluster do. */
function addrs({ to, shape }: LoadOrder): readonly string[] {
  const members = to.split(",");
  return Array.from({ length: shape.connections }, (_, i) => members[i % members.length] as string);
}

async function etcdLanes(work: Work, order: LoadOrder): Promise<readonly Lane[]> {
  const clients = addrs(order).map((addr) => new EtcdClient(addr));
  await clients[0]?.put("read", value);
  return Promise.all(
    clients.map(async (client, i): Promise<Lane> => {
      if (work === "write") return () => client.put(`key-${i}`, value);
      if (work === "counter") return () => client.bump("counter");
      if (work === "read") return () => client.get("read");
      const lease = await client.grant(leaseSeconds);
      return async () => client.unlock(await client.lock("lock", lease));
    }),
  );
}

async function zooKeeperLanes(work: Work, order: LoadOrder): Promise<readonly Lane[]> {
  const clients = addrs(order).map((addr) => new ZooKeeperClient(addr));
  const [first] = clients;
  for (const path of ["/read", "/counter", "/lock"]) await first?.create(path);
  await first?.set("/read", value);
  return Promise.all(
    clients.map(async (client, i): Promise<Lane> => {
      if (work === "counter") return () => client.set("/counter", value);
      if (work === "read") return () => client.get("/read");
      if (work === "lock") return async () => client.unlock(await client.lock("/lock"));
      await client.create(`/key-${i}`);
      return () => client.set(`/key-${i}`, value);
    }),
  );
}

const order = loadOrder(argv[4]);
const lanesOf = argv[2] === "etcd" ? etcdLanes : zooKeeperLanes;
const lanes = await lanesOf(argv[3] as Work, order);
// As many outstanding as are wanted: over few connections several lanes share one.
const all = Array.from({ length: order.shape.outstanding }, (_, i) => lanes[i % lanes.length] as Lane);
await report(all, order.seconds, argv[3] === "lock");
process.exit(0);
