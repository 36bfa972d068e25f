/** The types that a proxy's methods speak of: copied from the modules that declare them, imported from packages. */
import type { Node } from "../safety/syntax.ts";
import { copyOf } from "./copy.ts";
import type { Declared, ModuleSource } from "./module-source.ts";
import type { Modules } from "./modules.ts";
import type { Names } from "./names.ts";
import { refusal } from "./refusal.ts";
import type { Namer } from "./type-text.ts";

/** A declaration that stands in the proxy's file, too. */
interface Copied {
  readonly name: string;
  readonly module: ModuleSource;
  readonly node: Declared;
}

export interface TypeImport {
  readonly specifier: string;
  readonly imported: string;
  readonly local: string;
}

export class CopiedTypes implements Namer {
  private readonly modules: Modules;
  private readonly names: Names;
  /** The classes that get proxies. */
  private readonly served: ReadonlySet<Declared>;
  private readonly copies = new Map<Declared, Copied>();
  private readonly imported = new Map<string, TypeImport>();

  constructor(modules: Modules, names: Names, served: ReadonlySet<Declared>) {
    this.modules = modules;
    this.names = names;
    this.served = served;
  }

  get imports(): readonly TypeImport[] {
    return [...this.imported.values()];
  }

  /** The text of all copies, in the order of first mention. Copying one may lead to others. */
  texts(): readonly string[] {
    const texts: string[] = [];
    for (const { name, module, node } of this.copies.values()) texts.push(copyOf(module, name, node, this));
    return texts;
  }

  type(module: ModuleSource, name: string, at: Node): string {
    const meaning = this.modules.meaning(module, name, false);
    switch (meaning.type) {
      case "global":
        return name;
      case "package":
        return this.import(meaning.specifier, meaning.imported, name);
      case "declared":
        if (meaning.node.type === "VariableDeclarator")
          throw refusal(module.path, at, `${name} is a value, and no type`);
        return this.copy(meaning.module, meaning.name, meaning.node);
    }
  }

  namespace(module: ModuleSource, name: string, at: Node): string {
    const meaning = this.modules.meaning(module, name, false);
    if (meaning.type === "global") return name;
    if (meaning.type === "package") return this.import(meaning.specifier, meaning.imported, name);
    throw refusal(module.path, at, `a member of ${name} as a type: give it a type of its own`);
  }

  constant(module: ModuleSource, name: string, at: Node): string {
    const meaning = this.modules.meaning(module, name, false);
    if (meaning.type === "declared" && meaning.node.type === "VariableDeclarator")
      return this.copy(meaning.module, meaning.name, meaning.node);
    throw refusal(module.path, at, `typeof ${name}: only of a constant of the module or of relative ones`);
  }

  private copy(module: ModuleSource, name: string, node: Declared): string {
    const known = this.copies.get(node);
    if (known !== undefined) return known.name;
    if (module.merged.has(name))
      throw refusal(module.path, node, `${name} is declared in several places: declare it in one`);
    // An instance arrives as data; under its own name stands the proxy.
    const free = this.names.free(this.served.has(node) ? `${name}Data` : name);
    this.copies.set(node, { name: free, module, node });
    return free;
  }

  private import(specifier: string, imported: string, name: string): string {
    const key = `${specifier} ${imported}`;
    const known = this.imported.get(key);
    if (known !== undefined) return known.local;
    const local = this.names.free(name);
    this.imported.set(key, { specifier, imported, local });
    return local;
  }
}
