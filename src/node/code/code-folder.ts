/**
 * The code of a node, kept: copies of the modules that it was given or sent, in the folder `code` beside its log. A
 * start that executes slots from before an upgrade loads them, and so does the child process that makes snapshots.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeKeptMax } from "../../shared/limits.ts";
import type { CodeName } from "../../shared/object/held-code.ts";
import type { ClassEntry } from "../../shared/object/registry.ts";
import type { CodeKeeper } from "../../shared/server/code-keeper.ts";
import type { CodeModule } from "../../shared/wire/upgrade-messages.ts";
import { LoadError, type LoadedClass, loadClasses } from "../load/load.ts";
import { ownerOf, readText } from "../own-files.ts";
import type { CodePlaces } from "../snapshot/child-snapshotter.ts";
import {
  filesOf,
  type ModuleCopy,
  mainOf,
  nameClasses,
  readCopies,
  readCopy,
  removeCopy,
  writeCopy,
} from "./module-copy.ts";
import { moduleText, originalPaths } from "./module-text.ts";

/** Whose code a node takes. */
export type Trust =
  /** Of whoever knows the secret of the nodes. */
  | "peers"
  /** Without such a secret: files of the user who runs this node, on this machine. */
  | "own files"
  | "nobody";

export interface CodeFolderOptions {
  /** The data folder; null: a folder for as long as the process runs. */
  readonly dir: string | null;
  readonly trust: Trust;
  /** Whether only code that passes the safety check is taken. */
  readonly safe: boolean;
}

export class CodeFolder implements CodeKeeper {
  private readonly options: CodeFolderOptions;
  /** Null until it is needed, where there is no data folder. */
  private folder: string | null;
  private copies: readonly ModuleCopy[] = [];
  /** Versions that this process executes or may execute. */
  private readonly loaded = new Map<string, ClassEntry>();
  /** What this node was given and, without a data folder, does not copy. */
  private readonly given = new Map<string, LoadedClass>();

  /** @throws StorageError "io" */
  constructor(options: CodeFolderOptions) {
    this.options = options;
    this.folder = options.dir === null ? null : join(options.dir, "code");
    if (this.folder !== null) this.copies = readCopies(this.folder);
  }

  /** Where a child process finds all that this one may execute. */
  get places(): CodePlaces {
    const given = [...this.given.values()];
    const classes: CodeName[] = given.map(({ entry }) => entry);
    const objects = given.map(({ entry, sources }) => `${sources[0]?.path}#${entry.name}`);
    for (const copy of this.copies) {
      for (const of of copy.classes.filter((name) => this.loaded.has(keyOf(name)))) {
        classes.push(of);
        objects.push(`${mainOf(copy)}#${of.name}`);
      }
    }
    return { objects, cwd: process.cwd(), classes };
  }

  /** Keeps the classes that this node was given. @throws StorageError "io" */
  keepGiven(classes: readonly LoadedClass[]): void {
    for (const { entry, sources } of classes) {
      this.loaded.set(keyOf(entry), entry);
      if (this.folder === null) {
        this.given.set(keyOf(entry), { entry, sources });
      } else if (this.copyOf(entry) === undefined) {
        const copy = this.add(moduleText(sources, []));
        this.name(copy, [...copy.classes, entry]);
      }
    }
  }

  async find(of: CodeName): Promise<ClassEntry | null> {
    const known = this.loaded.get(keyOf(of));
    const copy = this.copyOf(of);
    if (known !== undefined || copy === undefined) return known ?? null;
    try {
      const entry = await load(copy, of.name);
      // Another version of Node, or of concoord, makes other code of the same text.
      if (entry.fingerprint !== of.fingerprint) return null;
      this.loaded.set(keyOf(of), entry);
      return entry;
    } catch (error) {
      if (error instanceof LoadError) return null;
      throw error;
    }
  }

  async keep(module: CodeModule): Promise<readonly ClassEntry[]> {
    this.check(module);
    const before = this.copies;
    const copy = this.add(module);
    try {
      const entries: ClassEntry[] = [];
      for (const of of module.classes) entries.push(await this.wanted(copy, of));
      const { classes = [] } = this.copies.find(({ dir }) => dir === copy.dir) ?? copy;
      this.name(copy, [...classes, ...entries]);
      for (const entry of entries) this.loaded.set(keyOf(entry), entry);
      return entries;
    } catch (error) {
      if (!before.some(({ dir }) => dir === copy.dir)) this.remove(copy);
      throw error;
    }
  }

  async read(of: CodeName): Promise<CodeModule | null> {
    const given = this.given.get(keyOf(of));
    if (given !== undefined) return moduleText(given.sources, [of]);
    const copy = this.copyOf(of);
    return copy === undefined ? null : { ...readCopy(copy), classes: [of] };
  }

  keepOnly(needed: readonly CodeName[]): void {
    const keys = new Set(needed.map(keyOf));
    for (const copy of this.copies) if (!copy.classes.some((of) => keys.has(keyOf(of)))) this.remove(copy);
  }

  /** Nothing is kept that nobody would find again. */
  close(): void {
    if (this.options.dir === null && this.folder !== null)
      rmSync(this.folder, { recursive: true, force: true });
  }

  /** The class, if this machine makes the same code of it as the one that sent it. */
  private async wanted(copy: ModuleCopy, of: CodeName): Promise<ClassEntry> {
    const known = this.loaded.get(keyOf(of));
    if (known !== undefined) return known;
    if (this.options.safe) {
      // The parser is large: only those who ask for the check pay for it.
      const { checkSafety, findingLine } = await import("../safety/check.ts");
      const [finding] = checkSafety([mainOf(copy)], filesOf(copy));
      if (finding !== undefined) throw new LoadError(findingLine(finding));
    }
    const entry = await load(copy, of.name);
    if (entry.fingerprint === of.fingerprint) return entry;
    throw new LoadError(
      `${of.name}: this node would execute other code of the same text: its Node or concoord has another version`,
    );
  }

  private check(module: CodeModule): void {
    const { trust } = this.options;
    if (this.copies.length >= codeKeptMax)
      throw new LoadError(`this node keeps ${codeKeptMax} modules already`);
    if (trust === "nobody")
      throw new LoadError("this node takes code only where nodes have a secret: peer K");
    if (trust === "own files" && !isOwn(module))
      throw new LoadError("without a secret (peer K) a node takes code only from files of its own user here");
  }

  private copyOf(of: CodeName): ModuleCopy | undefined {
    const key = keyOf(of);
    return this.copies.find(({ classes }) => classes.some((name) => keyOf(name) === key));
  }

  /** One that is there already is written again: it may be of other classes so far, or unfinished. */
  private add(module: CodeModule): ModuleCopy {
    this.folder ??= mkdtempSync(join(tmpdir(), "concoord-code-"));
    const made = writeCopy(this.folder, module);
    return this.copies.find(({ dir }) => dir === made.dir) ?? made;
  }

  private name(copy: ModuleCopy, classes: readonly CodeName[]): void {
    const once = new Map(
      classes.map(({ name, fingerprint }) => [keyOf({ name, fingerprint }), { name, fingerprint }]),
    );
    const named = nameClasses(copy, [...once.values()]);
    this.copies = [...this.copies.filter(({ dir }) => dir !== copy.dir), named];
  }

  private remove(copy: ModuleCopy): void {
    this.copies = this.copies.filter(({ dir }) => dir !== copy.dir);
    for (const of of copy.classes) this.loaded.delete(keyOf(of));
    removeCopy(copy);
  }
}

function keyOf({ name, fingerprint }: CodeName): string {
  return `${fingerprint} ${name}`;
}

async function load(copy: ModuleCopy, name: string): Promise<ClassEntry> {
  const [loaded] = await loadClasses([`${mainOf(copy)}#${name}`], filesOf(copy));
  if (loaded?.entry.name !== name) throw new LoadError(`${name}: the module exports no such class`);
  return loaded.entry;
}

/** Whether the text is that of files here which belong to the user who runs this process. */
function isOwn(module: CodeModule): boolean {
  const user = process.getuid?.();
  try {
    return originalPaths(module).every(
      (path, i) =>
        (user === undefined || ownerOf(path) === user) &&
        readText(path).replaceAll("\r\n", "\n") === module.files[i]?.text,
    );
  } catch {
    // No such file, or none that this user may read.
    return false;
  }
}
