/**
 * Brings this very package to a host: packs it, copies it, installs it with its dependencies in a folder of its own,
 * so that nodes that run an older one are not disturbed. And, where Node is missing, brings the Node of this machine.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure, oneLine } from "../cli/failure.ts";
import { version } from "../version.ts";
import type { NodeProgram, Probe } from "./probe.ts";
import { copyFile, quoted, run, runScript, stepMillisMax, type Way } from "./ssh.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface Packed extends Disposable {
  readonly file: string;
  /** Of the version and the bytes: another one for every other content. */
  readonly name: string;
}

/** @throws Failure 1 when it was not built, or npm is missing */
export async function packPackage(): Promise<Packed> {
  if (!existsSync(join(root, "dist/node/launch/agent-main.js")))
    throw new Failure(1, `${root} is not built: npm run build`);
  const folder = mkdtempSync(join(tmpdir(), "openreplica-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    // Its scripts would build it anew, which an installed one cannot.
    const words = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder, root];
    const { code, stderr } = await run("npm", words, "", stepMillisMax);
    if (code !== 0) throw new Failure(1, `npm pack: ${oneLine(stderr)}`);
    const file = join(folder, `concoord-${version}.tgz`);
    const hash = createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 12);
    return { file, name: `${version}-${hash}`, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * Installs it over there, unless it is there already.
 * @returns what the installed one says of its version
 * @throws Failure 1 with what npm says, 4 when the host is lost meanwhile
 */
export async function installPackage(way: Way, packed: Packed, { home, node }: Probe): Promise<string> {
  if (node === null) throw new Failure(1, `${way.host.name}: there is no node`);
  const folder = `${home}/.concoord/packages/${packed.name}`;
  const archive = `${home}/.concoord/packages/${packed.name}.${process.pid}.tgz`;
  const there = `[ -f ${quoted(`${folder}/complete`)} ] && echo concoord-installed || mkdir -p ${quoted(folder)}\n`;
  const before = await runScript(way, `umask 077\n${there}`);
  if (!before.stdout.includes("concoord-installed")) {
    await copyFile(way, packed.file, archive);
    await step(way, "npm install", install(node, folder, archive));
  }
  const said = await step(way, "concoord --version", starterScript(node, folder));
  const found = /^concoord-version (\S+)$/m.exec(said)?.[1];
  if (found !== version)
    throw new Failure(1, `${way.host.name}: the installed package says "${found ?? ""}", not ${version}`);
  return found;
}

function install({ path }: NodeProgram, folder: string, archive: string): string {
  return `
umask 077
PATH=${quoted(path.slice(0, path.lastIndexOf("/")))}:$PATH
export PATH
npm install --prefix ${quoted(folder)} --omit=dev --no-audit --no-fund --prefer-offline --loglevel=error \\
  ${quoted(archive)} </dev/null >&2 || exit 1
rm -f ${quoted(archive)}
: > ${quoted(`${folder}/complete`)}
`;
}

/** Writes what starts the agent, as a whole, after the package answered and all that a replica needs was loaded. */
function starterScript({ path }: NodeProgram, folder: string): string {
  const own = `${folder}/node_modules/concoord`;
  const starter = `#!/bin/sh\nexec ${quoted(path)} ${quoted(`${own}/dist/node/launch/agent-main.js`)}\n`;
  return `
umask 077
cd "$HOME/.concoord" || exit 1
found=$(${quoted(path)} ${quoted(`${own}/bin/concoord.js`)} --version </dev/null) || exit 1
${quoted(path)} -e 'import(process.argv[1])' ${quoted(`${own}/dist/node/cli/replica.js`)} </dev/null >&2 || exit 1
printf '%s' ${quoted(starter)} > agent.$$ && mv agent.$$ agent && echo "concoord-version $found"
`;
}

async function step(way: Way, what: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await runScript(way, script);
  if (code !== 0) throw new Failure(1, `${way.host.name}: ${what}: ${oneLine(stderr) || `exit ${code}`}`);
  return stdout;
}

/**
 * Copies the Node and the npm of this machine to ~/.concoord/node over there.
 * @throws Failure 1 when the systems are not of one kind
 */
export async function fixNode(way: Way, { home, system }: Probe): Promise<void> {
  const own = (await run("uname", ["-sm"], "", stepMillisMax)).stdout.trim();
  if (own !== system)
    throw new Failure(1, `${way.host.name}: it is ${system}, this is ${own}: install Node there by hand`);
  const folder = `${home}/.concoord/node`;
  await step(
    way,
    "mkdir",
    `umask 077\nmkdir -p ${quoted(`${folder}/bin`)} ${quoted(`${folder}/lib/node_modules`)}\n`,
  );
  const part = `${folder}/bin/node.${process.pid}`;
  await copyFile(way, process.execPath, part);
  await step(
    way,
    "node",
    `chmod 700 ${quoted(part)} && mv ${quoted(part)} ${quoted(`${folder}/bin/node`)}\n`,
  );
  const npm = ownNpm();
  if (npm === null) return;
  const scratch = mkdtempSync(join(tmpdir(), "openreplica-"));
  try {
    const archive = join(scratch, "npm.tgz");
    const { code, stderr } = await run("tar", ["-C", npm, "-czf", archive, "."], "", stepMillisMax);
    if (code !== 0) throw new Failure(1, `tar: ${oneLine(stderr)}`);
    await copyFile(way, archive, `${folder}/npm.tgz`);
    await step(way, "npm", unpackNpm(folder));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function unpackNpm(folder: string): string {
  return `
cd ${quoted(folder)} || exit 1
mkdir -p lib/node_modules/npm && tar -C lib/node_modules/npm -xzf npm.tgz && rm -f npm.tgz || exit 1
ln -sf ../lib/node_modules/npm/bin/npm-cli.js bin/npm && chmod 700 lib/node_modules/npm/bin/npm-cli.js
`;
}

/** The folder of the npm that a shell would find here. */
function ownNpm(): string | null {
  const found = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "npm"));
  const program = found.find((file) => file.startsWith("/") && existsSync(file));
  const folder = program === undefined ? null : join(realpathSync(program), "../..");
  return folder !== null && existsSync(join(folder, "bin/npm-cli.js")) ? folder : null;
}
