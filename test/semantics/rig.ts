/** A cluster of three durable replicas that serve all sync primitives, and the client processes that use them. */
import { Cluster } from "../process/cluster.ts";
import { ClientProcess } from "./client-process.ts";

const primitives = ["Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Barrier"];
const objects = [
  ...primitives.map((name) => `concoord.object.${name.toLowerCase()}.${name}`),
  "./test/semantics/fixtures/parts.ts",
];

export class Rig {
  readonly cluster: Cluster;
  private readonly clients = new Map<string, ClientProcess>();
  private readonly clock: ClientProcess;
  private names = 0;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.clock = new ClientProcess(cluster.bootstrap);
  }

  /** @param clients letters: their processes are started now, others with their first call */
  static async start(clients: string): Promise<Rig> {
    const rig = new Rig(await Cluster.start(3, objects));
    try {
      for (const letter of clients) rig.client(letter);
      await rig.clock.open(10_000);
      await rig.ask("__concoordinit__", "0");
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  client(letter: string): ClientProcess {
    const client = this.clients.get(letter) ?? new ClientProcess(this.cluster.bootstrap);
    this.clients.set(letter, client);
    return client;
  }

  /** SIGKILL; another process takes its place. */
  async kill(letter: string): Promise<void> {
    const client = this.client(letter);
    this.clients.delete(letter);
    await client.kill();
  }

  /** The address of an object that nobody used before. */
  fresh(className: string): string {
    return `${className}/${++this.names}`;
  }

  /** Lets log time pass: a permit that never comes is waited for. What was due by then has happened. */
  async pass(millis: number): Promise<void> {
    await this.ask("acquire", "true", String(millis));
  }

  /** How many calls are blocked in the cluster, as its leader says when it has executed all that was answered. */
  async blocked(): Promise<number> {
    await this.ask("value");
    return (await this.cluster.status(await this.cluster.leader())).blocked;
  }

  private ask(method: string, ...args: readonly string[]): Promise<string> {
    return this.clock.call("Semaphore/clock", method, args).answered();
  }

  /** Ends the sessions of all clients. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client.close()));
  }

  async stop(): Promise<void> {
    await Promise.all([this.clock, ...this.clients.values()].map((client) => client.kill()));
    await this.cluster.stop();
  }
}
