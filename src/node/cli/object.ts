/** `concoord object`: writes the proxies of a module's classes, on request after a safety check. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { generateProxies } from "../generate/generate.ts";
import { checkSafety, findingLine } from "../safety/check.ts";
import { Failure, usage } from "./failure.ts";
import { objectOf } from "./program-older.ts";

export interface ObjectFlags {
  readonly objectname?: string;
  readonly file?: string;
  readonly class?: string;
  readonly proxytype: string;
  readonly token?: string;
  readonly safe?: boolean;
  readonly verbose?: boolean;
  readonly out?: string;
}

/** What a written file can be told by: no other one is replaced. */
const signature = "written by `concoord object`";

export async function object(flags: ObjectFlags): Promise<void> {
  const spec = specOf(flags);
  if (!/^[0-3]$/.test(flags.proxytype)) throw usage(`--proxytype: "${flags.proxytype}" is not 0, 1, 2 or 3`);
  const tell = (line: string) => process.stderr.write(`concoord: ${line}\n`);
  if (flags.token !== undefined)
    tell("-t: the token stands in the proxy: keep that file as secret as the token");
  const cwd = process.cwd();
  if (flags.safe === true) refuseUnsafe([spec], cwd);
  if (flags.safe === true && flags.verbose === true) tell(`${spec} is safe`);
  const settings = { proxy: Number(flags.proxytype), token: flags.token ?? null };
  const { file, text, classes, notes } = generateProxies(spec, cwd, settings);
  if (flags.verbose === true) for (const note of notes) tell(note);
  const out = flags.out === undefined ? file : resolve(cwd, flags.out);
  const shown = relative(cwd, out);
  if (existsSync(out) && !readFileSync(out, "utf8").includes(signature))
    throw new Failure(
      1,
      `${shown} is there and was not written by concoord object: remove it, or give --out`,
    );
  writeFileSync(out, text);
  process.stdout.write(`WROTE ${shown} ${classes.join(",")}\n`);
}

function specOf({ objectname, file, class: name }: ObjectFlags): string {
  if (objectname !== undefined && file === undefined && name === undefined) return objectname;
  if (file === undefined && objectname === undefined)
    throw usage("-o is missing: of which class, as -o ./counter.ts");
  return objectOf(file ?? "", name, objectname);
}

/**
 * Says on standard error, line by line, what is not safe.
 * @throws Failure 1 when there is anything
 */
export function refuseUnsafe(specs: readonly string[], cwd: string): void {
  const findings = checkSafety(specs, cwd);
  if (findings.length === 0) return;
  for (const finding of findings) process.stderr.write(`${findingLine(finding)}\n`);
  throw new Failure(1, `${specs.join(", ")}: not safe to execute; ${findings.length} reasons above`);
}
