/**
 * `concoord object`: writes a class for each of a module's, of the same name, whose methods call the object in the
 * cluster. It needs neither the module nor its types: what the methods speak of is copied. Departs from the original:
 * nothing of the module runs to make it, and all proxies share one way to the cluster.
 */
import { basename, dirname, extname, join } from "node:path";
import { LoadError } from "../load/load-error.ts";
import { locate } from "../load/locate.ts";
import type { Of } from "../safety/syntax.ts";
import { initName, planClass } from "./class-plan.ts";
import { CopiedTypes } from "./copied-types.ts";
import { docOf } from "./doc.ts";
import type { ModuleSource } from "./module-source.ts";
import { Modules } from "./modules.ts";
import { Names } from "./names.ts";
import { classText, fileText, type OwnNames, type ProxyClass, type Settings } from "./proxy-text.ts";
import { type Signature, SignatureWriter } from "./signature.ts";
import { noScope, parameterNames, typeText } from "./type-text.ts";

type ClassNode = Of<"ClassDeclaration">;

export interface Generated {
  /** Where it belongs: an absolute path. */
  readonly file: string;
  readonly text: string;
  readonly classes: readonly string[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/**
 * Makes the proxies of the classes that a spec names; writes nothing.
 *
 * @param spec as for `loadObjects`
 * @param cwd absolute; where the spec counts from, and where proxies of the library belong
 * @throws LoadError with one line: no such file or class, or file, line and reason of what a proxy cannot have
 * @example generateProxies("./counter.ts", process.cwd(), { proxy: 3, token: null }).text
 */
export function generateProxies(spec: string, cwd: string, settings: Settings): Generated {
  const { file, className } = locate(spec, cwd);
  const modules = new Modules();
  const module = modules.module(file);
  const classes = pick(module, basename(file), className);
  const names = new Names();
  for (const [name] of classes) names.keep(name);
  const types = new CopiedTypes(modules, names, new Set(classes.map(([, node]) => node)));
  const maker = new Maker(modules, module, types);
  const made = classes.map(([name, node]) => maker.make(name, node));
  const copies = types.texts();
  const own = maker.ownNames(names);
  const texts = made.map((one) => classText(withAnswer(one, own), own, settings));
  const isLibrary = /^concoord\.object\./.test(spec);
  const name = basename(file, extname(file));
  const source = isLibrary ? `concoord.object.${name}` : basename(file);
  return {
    file: join(isLibrary ? cwd : dirname(file), `${name}proxy.ts`),
    text: fileText(source, own, types.imports, copies, texts),
    classes: classes.map(([name]) => name),
    notes: maker.notes,
  };
}

/** Of a class without a constructor. */
const bareInit: Signature = { doc: "", typeParameters: "", parameters: [], result: "void" };

/** Stands for `Answer` until all names of the file are known. */
const answerMark = "\u0000Answer";

function withAnswer(one: ProxyClass, own: OwnNames): ProxyClass {
  const methods = one.methods.map(({ name, signatures }) => ({
    name,
    signatures: signatures.map((s) => ({ ...s, result: s.result.replaceAll(answerMark, own.Answer) })),
  }));
  return { ...one, methods };
}

/** The classes of a module that a spec means, by their exported names. */
function pick(
  module: ModuleSource,
  shown: string,
  className: string | null,
): (readonly [string, ClassNode])[] {
  const all = [...module.exports].flatMap(([exported, local]) => {
    const node = typeof local === "string" ? module.declared.get(local) : undefined;
    if (node?.type !== "ClassDeclaration") return [];
    return [[exported === "default" ? (node.id?.name ?? "default") : exported, node] as const];
  });
  if (className === null) {
    const served = all.filter(([, node]) => node.abstract !== true && !isError(module, node));
    if (served.length === 0) throw new LoadError(`${shown}: exports no class that can be served`);
    return served;
  }
  const found = all.find(([name]) => name === className);
  if (found !== undefined) return [found];
  const others = all.map(([name]) => name).join(", ");
  throw new LoadError(
    `${shown}: declares and exports no class ${className}; its classes: ${others || "none"}`,
  );
}

/** Errors are exported for other reasons than to be served. */
function isError(module: ModuleSource, { superClass }: ClassNode): boolean {
  if (superClass?.type !== "Identifier") return false;
  const { name } = superClass;
  const base = module.declared.get(name);
  if (base?.type === "ClassDeclaration") return isError(module, base);
  return /Error$/.test(name) && !module.imports.has(name);
}

class Maker {
  readonly notes: string[] = [];
  private readonly modules: Modules;
  private readonly module: ModuleSource;
  private readonly types: CopiedTypes;
  private readonly writer: SignatureWriter;
  private readonly parameters = new Set<string>();

  constructor(modules: Modules, module: ModuleSource, types: CopiedTypes) {
    this.modules = modules;
    this.module = module;
    this.types = types;
    this.writer = new SignatureWriter(modules, types, answerMark);
  }

  make(name: string, node: ClassNode): ProxyClass {
    const { modules, module, types, writer } = this;
    const plan = planClass(modules, module, name, node, types);
    this.notes.push(...plan.notes);
    const planned = plan.init === null ? plan.methods : [plan.init, ...plan.methods];
    const methods = planned.map((method) => ({ name: method.name, signatures: writer.signatures(method) }));
    if (plan.init === null) methods.unshift({ name: initName, signatures: [bareInit] });
    const parameters = parameterNames(node.typeParameters);
    for (const method of planned)
      for (const one of method.nodes)
        for (const t of parameterNames(one.typeParameters)) this.parameters.add(t);
    for (const parameter of parameters) this.parameters.add(parameter);
    const scope = { ...noScope, parameters: new Set(parameters) };
    return {
      name,
      registered: plan.registered,
      doc: docOf(module, module.statements.get(node) ?? node, ""),
      typeParameters: node.typeParameters == null ? "" : typeText(module, node.typeParameters, scope, types),
      self: parameters.length === 0 ? name : `${name}<${parameters.join(", ")}>`,
      methods,
      reads: plan.reads,
    };
  }

  /** After all others: users' names come first. */
  ownNames(names: Names): OwnNames {
    for (const parameter of this.parameters) names.keep(parameter);
    return {
      Answer: names.free("Answer"),
      Bootstrap: names.free("Bootstrap"),
      Options: names.free("Options"),
      Proxied: names.free("Proxied"),
      invoke: names.free("invoke"),
      local: names.free("local"),
    };
  }
}
