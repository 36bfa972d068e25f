/** Completion: real shells complete every verb and flag that the programs parse; those shells that are installed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { completionScript, type Shell } from "../../src/node/cli/completion.ts";
import { program as concoord } from "../../src/node/cli/program.ts";
import { program as openreplica } from "../../src/node/cli/program-launch.ts";

const folder = mkdtempSync(join(tmpdir(), "concoord-completion-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function has(shell: Shell): boolean {
  return spawnSync(shell, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** What a shell prints that runs these lines. */
function run(shell: Shell, flags: readonly string[], lines: string): string {
  const { status, stdout, stderr } = spawnSync(shell, [...flags, "-c", lines], {
    encoding: "utf8",
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder },
  });
  expect(`${status} ${stderr}`).toBe("0 ");
  return stdout;
}

function script(shell: Shell, root: Command): string {
  const file = join(folder, `${root.name()}.${shell}`);
  writeFileSync(file, completionScript(shell, root));
  return file;
}

/** What is offered for each of these lines, the last word of which is being typed. */
function inBash(root: Command, typed: readonly (readonly string[])[]): string[][] {
  const name = root.name();
  const asked = typed.map((words) => {
    const all = [name, ...words].map((word) => `'${word}'`).join(" ");
    return `COMP_WORDS=(${all}); COMP_CWORD=${words.length}; _${name} || exit 1; echo "\${COMPREPLY[*]}"`;
  });
  const flags = ["--noprofile", "--norc"];
  const said = run(
    "bash",
    flags,
    [`. '${script("bash", root)}'`, `complete -p ${name}`, ...asked].join("\n"),
  );
  const [spec, ...lines] = said.trimEnd().split("\n");
  expect(spec).toBe(`complete -o bashdefault -o default -F _${name} ${name}`);
  // What is empty is empty to the last line.
  return typed.map((_, i) => (lines[i] ?? "").split(" ").filter((word) => word !== ""));
}

/** Those that the help lists. */
function verbsOf(root: Command): readonly Command[] {
  return root.createHelp().visibleCommands(root);
}

describe.each([concoord(), openreplica()])("$_name", (root: Command) => {
  test("bash offers every verb, and every flag of each", () => {
    const offered = inBash(root, [[""], ...verbsOf(root).map((verb) => [verb.name(), "-"])]);
    expect(offered[0]).toEqual([...verbsOf(root).map((verb) => verb.name()), "--help", "--version"]);
    for (const [i, verb] of verbsOf(root).entries()) {
      const flags = verb.options.filter(({ hidden }) => !hidden).flatMap(({ short, long }) => [short, long]);
      const wanted = [...flags, "-h", "--help"].filter((flag) => flag !== undefined && flag !== null);
      expect(offered[i + 1], verb.name()).toEqual(wanted);
    }
  });

  test("bash offers what begins as the word does, values where they are few, and files for others", () => {
    const [verbs, kinds, shells, after] = inBash(root, [
      ["re"],
      ["replica", "--da"],
      ["completion", ""],
      ["replica", "--token-file", ""],
    ]);
    const names = verbsOf(root).map((verb) => verb.name());
    expect(verbs).toEqual(names.filter((name) => name.startsWith("re")));
    expect(kinds).toEqual(["--data"]);
    expect(shells?.slice(0, 3)).toEqual(["bash", "zsh", "fish"]);
    // Nothing of ours: bash goes on with files.
    expect(after).toEqual([]);
  });

  test("zsh and fish take theirs, where they are installed", () => {
    const name = root.name();
    const zsh = script("zsh", root);
    const fish = script("fish", root);
    if (has("zsh")) {
      const lines = `autoload -Uz compinit && compinit -u -D && source '${zsh}' && print $_comps[${name}]`;
      expect(run("zsh", ["-f"], lines)).toBe(`_${name}\n`);
    }
    if (has("fish")) {
      const said = run("fish", ["--no-config"], `source '${fish}'; complete -C '${name} replica --da'`);
      expect(said).toMatch(/^--data\t/);
    }
    for (const shell of ["zsh", "fish"] as const) {
      const text = completionScript(shell, root);
      for (const verb of verbsOf(root)) expect(text).toContain(verb.name());
    }
  });
});

test("values of flags that list them", () => {
  const [types, kinds] = inBash(concoord(), [
    ["nameserver", "-t", ""],
    ["bundle", "s"],
  ]);
  expect(types).toEqual(["1", "2", "3"]);
  expect(kinds).toEqual(["server"]);
});

test("a shell that there is not is refused", () => {
  const refuse = () => concoord().parse(["completion", "tcsh"], { from: "user" });
  expect(refuse).toThrow(/bash, zsh, fish/);
});
