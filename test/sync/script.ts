/**
 * Scenes as lines of text, so that a table of them reads as what a manual says. A line is `step: what is expected`.
 *
 *   a acquire true 50: token    session a calls acquire(true, 50); answers: a value, "CODE Name", `blocked`, or
 *                               `token` for one above all before, `same` for the newest again
 *   a2 release                  any number behind the letter names another call of session a
 *   b?: true                    what the call named b has been answered by now
 *   read a locked: false        the same as a declared read
 *   pass 50, end a, cancel b, restart
 */
import { expect, test } from "vitest";
import type { Constructor } from "../../src/shared/object/registry.ts";
import type { SessionId } from "../../src/shared/object/types.ts";
import { type Made, Scene } from "./scene.ts";

class Play {
  readonly scene: Scene;
  private readonly sessions = new Map<string, SessionId>();
  private readonly calls = new Map<string, Made>();
  private token = 0;

  constructor(ctor: Constructor) {
    this.scene = new Scene(ctor);
  }

  private session(name: string): SessionId {
    const letter = name.slice(0, 1);
    const known = this.sessions.get(letter) ?? this.scene.open();
    this.sessions.set(letter, known);
    return known;
  }

  private made(name: string): Made {
    const made = this.calls.get(name);
    if (made === undefined) throw new Error(`no call is named ${name}`);
    return made;
  }

  line(text: string): void {
    const [step = "", expected] = text.split(": ");
    const answer = this.step(step.split(" "));
    if (expected === undefined) expect(answer, text).toBeUndefined();
    else if (expected === "token") this.newToken(answer, text);
    else if (expected === "same") expect(answer, text).toBe(this.token);
    else expect(String(answer), text).toBe(expected);
  }

  private newToken(answer: unknown, text: string): void {
    expect(answer, text).toBeTypeOf("number");
    expect(answer, text).toBeGreaterThan(this.token);
    this.token = answer as number;
  }

  private step([first = "", second = "", ...rest]: readonly string[]): unknown {
    if (first.endsWith("?")) return this.made(first.slice(0, -1)).answer;
    if (first === "pass") return this.scene.pass(Number(second));
    if (first === "end") return this.scene.end(this.session(second));
    if (first === "cancel") return this.scene.cancel(this.made(second));
    if (first === "restart") return this.scene.restart();
    if (first === "read") return this.scene.read(this.session(second), rest[0] ?? "");
    const made = this.scene.call(this.session(first), second, ...rest.map(wordValue));
    this.calls.set(first, made);
    return made.answer;
  }
}

/** JSON, and the numbers that it does not have. */
function wordValue(word: string): unknown {
  const value: unknown = JSON.parse(word);
  if (value === "NaN") return Number.NaN;
  return value === "Infinity" ? Number.POSITIVE_INFINITY : value;
}

export type Row = readonly [says: string, ...lines: readonly string[]];

/** Each row is a test; afterwards once more with a restart from a snapshot between any two lines. */
export function playAll(ctor: Constructor, rows: readonly Row[]): void {
  test.each(rows)("%s", (_, ...lines) => {
    const play = new Play(ctor);
    for (const line of lines) play.line(line);
    const restarting = new Play(ctor);
    for (const line of lines) {
      restarting.line(line);
      restarting.scene.restart();
    }
  });
}
