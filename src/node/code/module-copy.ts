/**
 * A copy of a module beside the log of a node: <folder>/<hash of the text>/ with the folder `files`, and with
 * copy.json. As long as that names no classes the copy is unfinished.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { CodeName } from "../../shared/object/held-code.ts";
import { mask } from "../../shared/object/mask.ts";
import { StorageError } from "../../shared/server/storage.ts";
import type { CodeModule } from "../../shared/wire/upgrade-messages.ts";
import { isFile, readText } from "../own-files.ts";
import { readNote, writeNote } from "../storage/index.ts";
import { textHash } from "./module-text.ts";

const manifest = "copy.json";
const filesFolder = "files";

export interface ModuleCopy {
  /** An absolute path. */
  readonly dir: string;
  readonly origin: string;
  /** As in a `CodeModule`. */
  readonly paths: readonly string[];
  readonly classes: readonly CodeName[];
}

/** The folder of the files of a copy. */
export function filesOf(copy: ModuleCopy): string {
  return join(copy.dir, filesFolder);
}

/** The file of the module itself. */
export function mainOf(copy: ModuleCopy): string {
  return join(filesOf(copy), ...(copy.paths[0] ?? "").split("/"));
}

/** The copies in a folder; what is unfinished is removed. @throws StorageError "io" */
export function readCopies(folder: string): readonly ModuleCopy[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const dir = join(folder, name);
    const text = readNote(dir, manifest);
    const copy = text === null ? null : parse(dir, text);
    if (copy !== null && copy.classes.length > 0) return copy;
    rmSync(dir, { recursive: true, force: true });
    return [];
  });
}

/** Where a copy was written, if that is one. @throws StorageError "io" */
export function originOfCopy(dir: string): string | null {
  const text = readNote(dir, manifest);
  return text === null ? null : (parse(dir, text)?.origin ?? null);
}

/** Writes the files of a module, durably; it counts once `nameClasses` was called. @throws StorageError "io" */
export function writeCopy(folder: string, module: CodeModule): ModuleCopy {
  const dir = join(folder, textHash(module));
  const { origin } = module;
  const copy = { dir, origin, paths: module.files.map(({ path }) => path), classes: [] };
  try {
    const folders = new Set([folder, dir]);
    for (const { path, text } of module.files) {
      const file = join(dir, filesFolder, ...path.split("/"));
      for (let at = dirname(file); at.length > dir.length; at = dirname(at)) folders.add(at);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, text, { flush: true, mode: 0o600 });
    }
    // How Node reads .js and .ts files must not depend on where the copy lies.
    writeFileSync(join(dir, filesFolder, "package.json"), packageOf(module), { flush: true, mode: 0o600 });
    for (const each of folders) syncFolder(each);
    if (readNote(dir, manifest) === null) nameClasses(copy, []);
  } catch (cause) {
    throw new StorageError("io", `cannot keep code in ${dir}: ${String(cause)}`, { cause });
  }
  return copy;
}

/** Says, durably, which classes the copy is of. @throws StorageError "io" */
export function nameClasses(copy: ModuleCopy, classes: readonly CodeName[]): ModuleCopy {
  const named = { ...copy, classes };
  const { origin, paths } = copy;
  const names = classes.map(({ name, fingerprint }) => [name, fingerprint]);
  writeNote(copy.dir, manifest, JSON.stringify({ origin, paths, classes: names }));
  syncFolder(dirname(copy.dir));
  return named;
}

/** The text of a copy, to be sent. @throws StorageError "io" */
export function readCopy(copy: ModuleCopy): CodeModule {
  const { origin, paths, classes } = copy;
  try {
    const files = paths.map((path) => ({
      path,
      text: readFileSync(join(filesOf(copy), ...path.split("/")), "utf8"),
    }));
    return { files, origin, classes };
  } catch (cause) {
    throw new StorageError("io", `cannot read the code in ${copy.dir}: ${String(cause)}`, { cause });
  }
}

export function removeCopy({ dir }: ModuleCopy): void {
  rmSync(dir, { recursive: true, force: true });
}

/** A package.json that says of modules what the nearest one says where they were written, or else what they are. */
function packageOf({ origin, files }: CodeModule): string {
  const type = typeWritten(origin) ?? (files.every(({ text }) => isModule(text)) ? "module" : null);
  return type === null ? "{}" : JSON.stringify({ type });
}

function typeWritten(origin: string): string | null {
  for (let at = origin; ; at = dirname(at)) {
    const path = join(at, "package.json");
    if (isFile(path)) {
      const type: unknown = Reflect.get(Object(JSON.parse(readText(path))), "type");
      return typeof type === "string" ? type : null;
    }
    if (at === dirname(at)) return null;
  }
}

function isModule(text: string): boolean {
  return /^\s*(?:import|export)\b/m.test(mask(text));
}

function syncFolder(dir: string): void {
  const fd = openSync(dir, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Null when it is not what `nameClasses` wrote. */
function parse(dir: string, text: string): ModuleCopy | null {
  try {
    const { origin, paths, classes }: Record<string, unknown> = JSON.parse(text);
    if (typeof origin !== "string" || !Array.isArray(paths) || !Array.isArray(classes)) return null;
    const names = classes.map((item: unknown) => {
      const [name, fingerprint] = Array.isArray(item) ? item : [];
      return { name: String(name), fingerprint: String(fingerprint) };
    });
    return { dir, origin, paths: paths.map(String), classes: names };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
