/** A cluster in virtual time whose hosts hold versions of a class, and one client that counts. */
import type { ClassEntry } from "../../src/shared/object/registry.ts";
import type { SessionId } from "../../src/shared/object/types.ts";
import type { Role } from "../../src/shared/paxos/view.ts";
import { Nodes } from "../server/membership-rig.ts";
import { increment, RawClient } from "../server/rig.ts";
import { seldom } from "../server/snapshots-rig.ts";
import { MemoryKeeper, moduleOf } from "./shelf.ts";
import { failing, infosOf, one, only, three, two } from "./versions.ts";

const secret = "0123456789abcdef0123456789abcdef";
export const shelf = [one, two, three, failing];

export class Scene {
  readonly nodes = new Nodes(30_000, seldom);
  private client: RawClient | null = null;
  private session: SessionId | null = null;
  private calls = 0;

  /** Hosts that are given a version, and keep it. */
  async start(names: string, given: ClassEntry = one, role: Role = "replica"): Promise<void> {
    for (const name of names) {
      const host = this.nodes.add(name, role);
      host.registry = only(given);
      host.keeper = new MemoryKeeper(shelf, [given]);
    }
    await this.nodes.start(names, role);
  }

  keeper(name: string): MemoryKeeper {
    const { keeper } = this.nodes.at(name);
    if (keeper instanceof MemoryKeeper) return keeper;
    throw new Error("no keeper");
  }

  /** A client of the node at a host. */
  async connect(name: string): Promise<void> {
    this.client = new RawClient(this.nodes.server(name));
    this.session = await this.client.open(this.nodes.clock, secret, 60_000);
    this.client.say({ type: "attach", session: this.session, secret });
  }

  async increment(): Promise<void> {
    const { client, session } = this;
    if (client === null || session === null) throw new Error("not connected");
    const seq = ++this.calls;
    client.say(increment(session, seq));
    const answered = () => client.of("answer").some((answer) => answer.seq === seq);
    await this.nodes.clock.until(answered, `answer ${seq}`);
    await this.nodes.clock.pass(60);
  }

  value(name: string, field = "value"): unknown {
    return Reflect.get(this.nodes.server(name).machine.peek("Counter") ?? {}, field);
  }

  async same(names: string, field: string, value: number): Promise<void> {
    for (const name of names)
      await this.nodes.clock.until(() => this.value(name, field) === value, `${field} of ${name}`);
  }

  offer(name: string, entry: ClassEntry) {
    return this.nodes.ask(name, { type: "offerCode", module: moduleOf(entry) });
  }

  upgrade(entry: ClassEntry) {
    return this.nodes.ask(this.nodes.leader.name, { type: "askUpgrade", classes: infosOf(entry) });
  }

  async settle(): Promise<void> {
    await this.nodes.clock.pass(500);
  }
}

export async function sceneOf(names = "abc"): Promise<Scene> {
  const scene = new Scene();
  await scene.start(names);
  await scene.connect("a");
  await scene.increment();
  return scene;
}
