/** Where the nodes of a cluster go, one after the other; which cluster is meant. */
import { expect, test } from "vitest";
import { chooseAmong, type Occupied } from "../../src/node/launch/choose.ts";
import { theCluster } from "../../src/node/launch/cluster.ts";
import { parseHost } from "../../src/node/launch/host.ts";
import type { LaunchRole, NodeState } from "../../src/node/launch/jobs.ts";
import { risk } from "../../src/node/placement/explain.ts";

function node(addr: string, cluster: string, role: LaunchRole = "replica", changes: object = {}): NodeState {
  const says = { cluster, leader: addr, view: 1, tolerates: 0, members: [addr], problems: [] };
  const port = Number(addr.split(":")[1]);
  return { port, role, addr, cluster, state: "ready", restarts: 0, keeper: "supervisor", says, ...changes };
}

/** Starts so many nodes of the roles, each where it is chosen. @returns the names of the hosts */
function fill(hosts: readonly Occupied[], roles: readonly LaunchRole[]): readonly string[] {
  let able = hosts;
  const boot: string[] = [];
  return roles.map((role) => {
    const { host } = chooseAmong(role, boot, able);
    const made = node(`${host.address}:${14_000 + boot.length}`, "c", role);
    boot.push(made.addr);
    able = able.map((one) => (one.host === host ? { ...one, nodes: [...one.nodes, made] } : one));
    return host.name;
  });
}

function rack(name: string, ...groups: string[]): Occupied {
  return { host: parseHost(name, groups), nodes: [] };
}

test("each on a host of its own, and in a rack of its own where there is one", () => {
  const hosts = [rack("a", "r1"), rack("b", "r1"), rack("c", "r2"), rack("d", "r3"), rack("e", "r3")];
  const chosen = fill(hosts, ["replica", "replica", "replica"]);
  const racks = chosen.map((name) => hosts.find(({ host }) => host.name === name)?.host.groups[0]);
  expect(new Set(racks).size).toBe(3);
  expect(chosen[0]).toBe("c");
});

test("more nodes than hosts: none gets a third voter before all have two; nameservers are spread apart from voters", () => {
  const roles: LaunchRole[] = ["replica", "replica", "replica", "acceptor", "acceptor"];
  const chosen = fill(
    [rack("a", "r1"), rack("b", "r2"), rack("c", "r3")],
    [...roles, "nameserver", "nameserver"],
  );
  const counts = Map.groupBy(chosen.slice(0, 5), (name) => name);
  expect([...counts.values()].map(({ length }) => length).toSorted()).toEqual([1, 2, 2]);
  expect(new Set(chosen.slice(5)).size).toBe(2);
});

test("without groups: the host with the least to do; the first of equals", () => {
  const busy = { ...rack("a"), nodes: [node("a:1", "other")] };
  expect(chooseAmong("replica", [], [busy, rack("b"), rack("c")])).toEqual({ host: parseHost("b"), why: "" });
  const idle = { ...rack("a"), nodes: [node("a:1", "other", "replica", { state: "stopped", says: null })] };
  expect(chooseAmong("replica", [], [idle, rack("b")]).host.name).toBe("a");
});

test("it says why", () => {
  const able = [{ ...rack("a", "r1"), nodes: [node("a:1", "c")] }, rack("b", "r1"), rack("c", "r2")];
  expect(chooseAmong("replica", ["a:1"], able).why).toBe("c  r2: shares no group; no other host is as good");
});

test("two voters on one host fail with it", () => {
  const [a, b] = [parseHost("a", ["r1"]), parseHost("b", ["r2"])];
  expect(risk([a, a, b])).toMatch(/^a failure of one group can stop the cluster: .*, and a takes 2$/);
  expect(risk([a, b, parseHost("c")])).toMatch(/^no failure of one group stops the cluster/);
});

test("the cluster that is meant", () => {
  const two = [node("a:1", "c"), node("b:2", "c", "acceptor"), node("b:3", "c", "nameserver")];
  expect(theCluster(two)).toBe("a:1,b:2");
  expect(() => theCluster([...two, node("c:1", "other")])).toThrow(
    "several clusters run: -b says which: a:1,b:2 or c:1",
  );
  expect(() => theCluster([node("a:1", "c", "replica", { says: null })])).toThrow(
    "no node on the registered hosts",
  );
});
