/** The documents of the package as data: their code blocks, and what they tell the test in comments. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../process/processes.ts";

/** Examples whose README says what to type and what it prints. */
export const examples = ["counter", "lock", "tencounter", "semaphore", "jobqueue", "election"];

export const documents: readonly string[] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"]
  .concat(["shop", "whiteboard", "react", "worker-client"].map((name) => `examples/${name}/README.md`))
  .concat(examples.map((name) => `examples/${name}/README.md`))
  .concat(
    readdirSync(join(root, "docs"))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  );

export interface Block {
  readonly type: "block";
  readonly language: string;
  readonly text: string;
}

/**
 * `<!-- kill 10.0.0.1 -->`: what a reader is told in words, and the test in a comment. `<!-- not typed -->`: the next
 * block shows what one might type another time.
 */
export interface Aside {
  readonly type: "aside";
  readonly words: readonly string[];
}

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function stepsOf(text: string): (Block | Aside)[] {
  const found = text.matchAll(/^```(\w*)\n([\s\S]*?)^```$|^<!-- ((?:kill|stop) [^>]*?|not typed) -->$/gm);
  return [...found].map(([, language = "", block, aside]) =>
    aside === undefined
      ? { type: "block", language, text: block ?? "" }
      : { type: "aside", words: aside.split(" ") },
  );
}

export function blocksOf(text: string): Block[] {
  return stepsOf(text).filter((step) => step.type === "block");
}

/** The name of the file that a block stands for: its first line says it, as `// bank.ts` or `# secrets`. */
export function fileOf(block: Block): string | null {
  return /^(?:\/\/|#) (\w+(?:\.\w+)?)\n/.exec(block.text)?.[1] ?? null;
}

/** One command of a block: lines that end with a backslash go on. */
export function commandsOf({ language, text }: Block): readonly string[] {
  const lines = text.replaceAll(/ *\\\n */g, " ").split("\n");
  if (language === "sh") return lines.filter((line) => line !== "" && !line.startsWith("#"));
  return lines.flatMap((line) => /^(?:[\d.]+)?\$ (.*)$/.exec(line)?.[1] ?? []);
}

/** A section of a document, from its heading to the next one; all of it for no name. */
export function section(path: string, name: string): string {
  if (name === "") return read(path);
  const found = read(path)
    .split(/^## /m)
    .find((part) => part.startsWith(name));
  if (found === undefined) throw new Error(`${path} has no section ${name}`);
  return found;
}
