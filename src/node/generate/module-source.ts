/** A module as the generator reads it: what it declares, imports and exports, with types as they are written. */
import { LoadError } from "../load/load-error.ts";
import { isFile, readText } from "../own-files.ts";
import { type Node, type Of, parseModule, SyntaxProblem } from "../safety/syntax.ts";

/** What a module may declare that types or objects are made of. */
export type Declared =
  | Of<"ClassDeclaration">
  | Of<"TSInterfaceDeclaration">
  | Of<"TSTypeAliasDeclaration">
  | Of<"TSEnumDeclaration">
  | Of<"VariableDeclarator">;

/** A name from another module: `imported` is its name there, "default", or "*" for all of it. */
export interface Import {
  readonly specifier: string;
  readonly imported: string;
  readonly line: number;
}

export interface ModuleSource {
  /** What was read: for compiled JavaScript its declarations. An absolute path. */
  readonly path: string;
  readonly text: string;
  /** Whether types stand in it. */
  readonly typed: boolean;
  readonly declared: ReadonlyMap<string, Declared>;
  /** Names with several declarations, which TypeScript merges. */
  readonly merged: ReadonlySet<string>;
  /** Where the statement begins that declares a name: its comment stands before it. */
  readonly statements: ReadonlyMap<Declared, Node>;
  readonly imports: ReadonlyMap<string, Import>;
  /** Exported names, by what they are called within the module or where they come from. */
  readonly exports: ReadonlyMap<string, string | Import>;
  /** Modules all of whose names are exported. */
  readonly allOf: readonly Import[];
}

class Reader {
  readonly declared = new Map<string, Declared>();
  readonly merged = new Set<string>();
  readonly statements = new Map<Declared, Node>();
  readonly imports = new Map<string, Import>();
  readonly exports = new Map<string, string | Import>();
  readonly allOf: Import[] = [];

  statement(node: Node): void {
    const line = node.loc?.start.line ?? 1;
    switch (node.type) {
      case "ImportDeclaration":
        for (const one of node.specifiers) this.import(one, node.source.value, line);
        return;
      case "ExportAllDeclaration":
        this.allOf.push({ specifier: node.source.value, imported: "*", line });
        return;
      case "ExportDefaultDeclaration":
        if (node.declaration.type === "Identifier") this.exports.set("default", node.declaration.name);
        else for (const name of this.note(node.declaration, node)) this.exports.set("default", name);
        return;
      case "ExportNamedDeclaration":
        return this.export(node, line);
      default:
        this.note(node, node);
    }
  }

  private import(node: Node, specifier: string, line: number): void {
    if (node.type === "ImportSpecifier") {
      this.imports.set(node.local.name, { specifier, imported: nameOf(node.imported), line });
    } else if (node.type === "ImportDefaultSpecifier" || node.type === "ImportNamespaceSpecifier") {
      const imported = node.type === "ImportDefaultSpecifier" ? "default" : "*";
      this.imports.set(node.local.name, { specifier, imported, line });
    }
  }

  private export(node: Of<"ExportNamedDeclaration">, line: number): void {
    if (node.declaration != null) {
      for (const name of this.note(node.declaration, node)) this.exports.set(name, name);
    }
    for (const one of node.specifiers) {
      if (one.type !== "ExportSpecifier") continue;
      const source = node.source?.value;
      const local = one.local.name;
      const what = source === undefined ? local : { specifier: source, imported: local, line };
      this.exports.set(nameOf(one.exported), what);
    }
  }

  /** @returns the names that the statement declares */
  private note(node: Node, statement: Node): readonly string[] {
    switch (node.type) {
      case "ClassDeclaration":
      case "TSInterfaceDeclaration":
      case "TSTypeAliasDeclaration":
      case "TSEnumDeclaration":
        return node.id == null ? [] : [this.add(node.id.name, node, statement)];
      case "VariableDeclaration":
        return node.declarations.flatMap((one) => {
          return one.id.type === "Identifier" ? [this.add(one.id.name, one, statement)] : [];
        });
      default:
        return [];
    }
  }

  private add(name: string, node: Declared, statement: Node): string {
    if (this.declared.has(name)) this.merged.add(name);
    this.declared.set(name, node);
    this.statements.set(node, statement);
    return name;
  }
}

function nameOf(node: Of<"Identifier"> | Of<"StringLiteral">): string {
  return node.type === "Identifier" ? node.name : node.value;
}

/**
 * Reads a module. Of compiled JavaScript the declarations beside it are read, if there are any: they have the types.
 *
 * @param file an absolute path
 * @throws LoadError when it is no module
 */
export function readModule(file: string): ModuleSource {
  const declarations = file.replace(/\.([cm]?)js$/, ".d.$1ts");
  const path = declarations !== file && isFile(declarations) ? declarations : file;
  const text = readText(path).replaceAll("\r\n", "\n");
  try {
    const reader = new Reader();
    for (const node of parseModule(path, text).program.body) reader.statement(node);
    return { ...reader, path, text, typed: /\.[cm]?ts$/.test(path) };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    throw new LoadError(`${path}:${error.line}: ${error.message}`);
  }
}
