/**
 * The safety check: whether a class, and all that it imports, can only do what is the same on every replica and stays
 * within its object. It looks at the source alone and runs nothing. What it does not know it refuses.
 */
import { locate } from "../load/locate.ts";
import { readText } from "../own-files.ts";
import { shownAs, targetOf } from "./module-graph.ts";
import { type Report, Rules } from "./rules.ts";
import { stripTypes } from "./strip.ts";
import { parseModule, SyntaxProblem } from "./syntax.ts";

export interface Finding {
  /** Relative to the current folder where it is below it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** As one line: `counter.ts:3: reason`. */
export function findingLine({ file, line, reason }: Finding): string {
  return `${file}:${line}: ${reason}`;
}

/**
 * Checks the modules that the specs name and the relative ones that they import.
 *
 * @param specs as for `loadObjects`
 * @param cwd absolute; where relative paths and modules are looked for
 * @returns what is refused, module by module and in the order of lines; nothing when all is safe
 * @throws LoadError when a spec names no file
 * @example checkSafety(["./counter.ts"], process.cwd()).map(findingLine)
 */
export function checkSafety(specs: readonly string[], cwd: string): readonly Finding[] {
  const check = new Check(cwd);
  for (const spec of specs) check.module(locate(spec, cwd).file);
  return check.findings;
}

/** The same of the module in one file, an absolute path. */
export function checkModule(file: string, cwd: string): readonly Finding[] {
  const check = new Check(cwd);
  check.module(file);
  return check.findings;
}

class Check {
  readonly findings: Finding[] = [];
  private readonly cwd: string;
  /** By file: whether it, or what it imports, asks for agreed time or chance anywhere. */
  private readonly asking = new Map<string, boolean>();

  constructor(cwd: string) {
    this.cwd = cwd;
  }

  /** @returns whether the module, or one that it imports, asks for agreed time or chance */
  module(file: string): boolean {
    const known = this.asking.get(file);
    if (known !== undefined) return known;
    // A module on the way to itself may ask: it is not known yet.
    this.asking.set(file, true);
    let asks = false;
    const report = this.look(file, (specifier) => {
      const target = targetOf(file, specifier);
      const imported = target.type === "module" && this.module(target.file);
      asks ||= imported;
      return imported;
    });
    asks ||= report.asks;
    this.asking.set(file, asks);
    for (const { specifier, line } of report.imports) {
      const target = targetOf(file, specifier);
      if (target.type === "refused") this.add(file, line, target.reason);
    }
    return asks;
  }

  private look(file: string, asking: (specifier: string) => boolean): Report {
    try {
      const tree = parseModule(file, readText(file));
      stripTypes(tree);
      const report = new Rules().check(tree, asking);
      for (const { line, reason } of report.problems) this.add(file, line, reason);
      return report;
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
      this.add(file, error.line, error.message);
      return { problems: [], imports: [], asks: true };
    }
  }

  /** In the order of lines within a file, each once. */
  private add(file: string, line: number, reason: string): void {
    const shown = shownAs(file, this.cwd);
    const same = (f: Finding) => f.file === shown && f.line === line && f.reason === reason;
    if (this.findings.some(same)) return;
    const after = this.findings.findIndex((f) => f.file === shown && f.line > line);
    const last = this.findings.findLastIndex((f) => f.file === shown);
    const at = after >= 0 ? after : last >= 0 ? last + 1 : this.findings.length;
    this.findings.splice(at, 0, { file: shown, line, reason });
  }
}
