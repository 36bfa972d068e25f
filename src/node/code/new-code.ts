/** Code that a cluster is to go on with: read from its files, checked here, and ready to be sent. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClassEntry, classInfos } from "../../shared/object/registry.ts";
import type { ClassInfo } from "../../shared/object/types.ts";
import type { CodeModule } from "../../shared/wire/upgrade-messages.ts";
import { LoadError, type LoadedClass, loadClasses, registryOf } from "../load/load.ts";
import { locate } from "../load/locate.ts";
import { readSources } from "../load/source-graph.ts";
import { filesOf, mainOf, nameClasses, writeCopy } from "./module-copy.ts";
import { checkSize, moduleText } from "./module-text.ts";

export interface NewCode {
  readonly entries: readonly ClassEntry[];
  readonly infos: readonly ClassInfo[];
  /** Each with its classes. */
  readonly modules: readonly CodeModule[];
}

/**
 * Loads the classes that the specs name, for the first time in this process.
 *
 * @param specs as for `loadObjects`
 * @throws LoadError
 */
export async function readNewCode(specs: readonly string[], cwd: string): Promise<NewCode> {
  return newCode(await loadClasses(specs, cwd));
}

/**
 * The same in a process that may have loaded other text from these files: Node runs each file once, so copies are run.
 * @throws LoadError which names the files themselves
 */
export async function rereadNewCode(specs: readonly string[], cwd: string): Promise<NewCode> {
  const folder = await mkdtemp(join(tmpdir(), "concoord-new-"));
  try {
    const modules: CodeModule[] = [];
    const infos: ClassInfo[] = [];
    const entries: ClassEntry[] = [];
    for (const spec of specs) {
      const { file, className } = locate(spec, cwd);
      const module = moduleText(readSources(file), []);
      const copy = nameClasses(writeCopy(folder, module), []);
      const which = className === null ? "" : `#${className}`;
      const loaded = newCode(await loadNamed(mainOf(copy) + which, filesOf(copy), module.origin));
      const { infos: some } = loaded;
      infos.push(...some);
      entries.push(...loaded.entries);
      modules.push({ ...module, classes: some.map(({ name, fingerprint }) => ({ name, fingerprint })) });
    }
    return { entries, infos, modules };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Messages name the files that were copied, not the copies. */
async function loadNamed(spec: string, files: string, origin: string): Promise<readonly LoadedClass[]> {
  try {
    return await loadClasses([spec], files);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    throw new LoadError(error.message.replaceAll(files, origin), { cause: error });
  }
}

/** @throws LoadError when two classes have one name, or a module is too large to be sent */
function newCode(classes: readonly LoadedClass[]): NewCode {
  const infos = classInfos(registryOf(classes));
  const byModule = Map.groupBy(classes, ({ sources }) => sources);
  const modules = [...byModule].map(([sources, some]) =>
    moduleText(
      sources,
      some.map(({ entry: { name, fingerprint } }) => ({ name, fingerprint })),
    ),
  );
  for (const module of modules) checkSize(module);
  return { entries: classes.map(({ entry }) => entry), infos, modules };
}
