/**
 * `concoord dev` follows its modules: when one changes, or did since the last start, the cluster goes on with it. What
 * cannot be loaded, or to which no object can go over, changes nothing and is said in one line.
 */
import { existsSync, type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { rereadNewCode } from "../code/new-code.ts";
import { LoadError } from "../load/load.ts";
import { locate } from "../load/locate.ts";
import { readSources } from "../load/source-graph.ts";
import type { RunningReplica } from "../running-replica.ts";
import { messageOf } from "./failure.ts";
import { operatorProbe } from "./operator.ts";
import { upgradeCluster, upgradedLine } from "./upgrade.ts";

/** An editor writes a file in several steps. */
const settleMillis = 100;

export class ModuleFollower {
  private readonly nodes: readonly RunningReplica[];
  private readonly specs: readonly string[];
  private readonly cwd = process.cwd();
  private readonly watchers = new Map<string, FSWatcher>();
  /** What the modules said when they were looked at last. */
  private seen = "";
  /** The paths of their files. */
  private paths: ReadonlySet<string> = new Set();
  private timer: NodeJS.Timeout | null = null;
  private busy = false;
  private again = false;

  /** @param specs as for `loadObjects` */
  constructor(nodes: readonly RunningReplica[], specs: readonly string[]) {
    this.nodes = nodes;
    this.specs = specs;
  }

  /** Goes on with the modules as they are, and from now on with each that changes. */
  async begin(): Promise<void> {
    this.look();
    await this.goOn();
  }

  private changed(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      const before = this.seen;
      this.look();
      if (this.seen !== before) void this.goOn();
    }, settleMillis);
  }

  /** Reads the modules, and watches the folders in which their files are. */
  private look(): void {
    const sources = this.specs.flatMap((spec) => sourcesOf(spec, this.cwd));
    // While a module is being written it may import nothing, or be gone.
    if (sources.length > 0) this.paths = new Set(sources.map(({ path }) => path));
    this.seen = sources.map(({ path, text }) => `${path}\0${text}`).join("\0");
    const folders = new Set([...this.paths].map((path) => dirname(path)));
    // Modules within a bundle lie in no folder, and do not change.
    for (const folder of folders) if (!this.watchers.has(folder) && existsSync(folder)) this.watch(folder);
  }

  private watch(folder: string): void {
    const names = () => new Set([...this.paths].filter((p) => dirname(p) === folder).map((p) => basename(p)));
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null || names().has(name)) this.changed();
    });
    watcher.on("error", (error) => say(`${folder} cannot be watched any more: ${error.message}`));
    this.watchers.set(folder, watcher);
  }

  /** One upgrade after the other. */
  private async goOn(): Promise<void> {
    this.again = this.busy;
    if (this.busy) return;
    this.busy = true;
    try {
      await this.upgrade();
    } catch (error) {
      say(`${messageOf(error)}; the cluster goes on with the code that it has`);
    } finally {
      this.busy = false;
    }
    if (this.again) await this.goOn();
  }

  private async upgrade(): Promise<void> {
    const code = await rereadNewCode(this.specs, this.cwd);
    const served = new Set(this.nodes[0]?.classes.map(({ name, fingerprint }) => `${fingerprint} ${name}`));
    if (code.infos.every(({ name, fingerprint }) => served.has(`${fingerprint} ${name}`))) return;
    const boot = this.nodes.map((node) => node.addr);
    const { slot } = await upgradeCluster(code, operatorProbe(undefined), boot);
    process.stdout.write(`${upgradedLine(code, slot)}\n`);
  }
}

function sourcesOf(spec: string, cwd: string) {
  try {
    return readSources(locate(spec, cwd).file);
  } catch (error) {
    if (error instanceof LoadError || (error instanceof Error && "syscall" in error)) return [];
    throw error;
  }
}

function say(line: string): void {
  process.stderr.write(`concoord: ${line}\n`);
}
