/** Finds what a name means: through imports and exports to the module that declares it, or to a package. */
import { findImport } from "../load/source-graph.ts";
import { ownFile } from "../own-files.ts";
import { type Declared, type Import, type ModuleSource, readModule } from "./module-source.ts";
import { refusal } from "./refusal.ts";

/** What a name of a module means. */
export type Meaning =
  | {
      readonly type: "declared";
      readonly module: ModuleSource;
      readonly name: string;
      readonly node: Declared;
    }
  /** Imported from a package, which the proxy may import from, too. */
  | { readonly type: "package"; readonly specifier: string; readonly imported: string }
  /** Of the language, as far as the module tells. */
  | { readonly type: "global" };

const api = "concoord/object";

export class Modules {
  private readonly read = new Map<string, ModuleSource>();
  /** What `concoord/object` exports: our library takes it from our own files. */
  private readonly apiFile = ownFile("shared/object/index");

  /** @param file an absolute path */
  module(file: string): ModuleSource {
    const known = this.read.get(file);
    if (known !== undefined) return known;
    const module = readModule(file);
    this.read.set(file, module);
    return module;
  }

  /**
   * @param intoPackages whether to go on into concoord itself, as for the bases of classes
   * @throws LoadError when a relative import leads nowhere
   */
  meaning(module: ModuleSource, name: string, intoPackages: boolean): Meaning {
    const node = module.declared.get(name);
    if (node !== undefined) return this.ours(module, name, node, intoPackages);
    const imported = module.imports.get(name);
    return imported === undefined ? { type: "global" } : this.follow(module, imported, intoPackages);
  }

  /** Types of our own that have a public name are imported by it, and not copied. */
  private ours(module: ModuleSource, name: string, node: Declared, intoPackages: boolean): Meaning {
    const declared: Meaning = { type: "declared", module, name, node };
    if (intoPackages || !this.isOwn(module)) return declared;
    const isPublic = this.module(this.apiFile).exports.has(name);
    return isPublic ? { type: "package", specifier: api, imported: name } : declared;
  }

  /** Not the library: its types are as a user's. */
  private isOwn({ path }: ModuleSource): boolean {
    const folder = this.apiFile.replace(/index\.[jt]s$/, "");
    return path.startsWith(folder) && !path.slice(folder.length).startsWith("library");
  }

  private follow(from: ModuleSource, { specifier, imported, line }: Import, intoPackages: boolean): Meaning {
    const file = this.fileOf(from, specifier, intoPackages);
    if (file === null) {
      if (!/^\.{1,2}\//.test(specifier)) return { type: "package", specifier, imported };
      throw refusal(from.path, line, `import of ${specifier}: no such file`);
    }
    if (imported === "*") throw refusal(from.path, line, `import * as …: import the types by their names`);
    const found = this.exported(this.module(file), imported, intoPackages);
    if (found === null) throw refusal(from.path, line, `${specifier} exports no ${imported}`);
    return found;
  }

  private exported(module: ModuleSource, name: string, intoPackages: boolean): Meaning | null {
    const local = module.exports.get(name);
    if (typeof local === "string") return this.meaning(module, local, intoPackages);
    if (local !== undefined) return this.follow(module, local, intoPackages);
    for (const all of module.allOf) {
      const file = this.fileOf(module, all.specifier, intoPackages);
      const found = file === null ? null : this.exported(this.module(file), name, intoPackages);
      if (found !== null) return found;
    }
    return null;
  }

  private fileOf(from: ModuleSource, specifier: string, intoPackages: boolean): string | null {
    if (/^\.{1,2}\//.test(specifier)) {
      // Declarations of what is compiled go on saying .ts, where only the .js lies.
      const built = specifier.replace(/\.([cm]?)ts$/, ".$1js");
      return findImport(from.path, specifier) ?? findImport(from.path, built);
    }
    if (!intoPackages) return null;
    if (specifier === api) return this.apiFile;
    const object = /^concoord\/objects\/([a-z]+)$/.exec(specifier)?.[1];
    return object === undefined ? null : ownFile(`shared/object/library/${object}`);
  }
}
