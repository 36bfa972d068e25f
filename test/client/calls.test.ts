/** Numbers, floor, and what is named late: without a connection. */
import { describe, expect, it } from "vitest";
import { PendingCall } from "../../src/shared/client/call.ts";
import { Calls, type SentCommand } from "../../src/shared/client/calls.ts";
import { encodeArguments, target } from "../../src/shared/client/payload.ts";
import { callsInFlightMax } from "../../src/shared/limits.ts";
import type { Calls as CallsCommand, Outcome } from "../../src/shared/object/types.ts";
import { seq, sessionId } from "../../src/shared/object/types.ts";
import { decodeCommand } from "../../src/shared/wire/command-codec.ts";

const to = target("Counter/main", "increment");
const returned: Outcome = { type: "returned", value: Uint8Array.of(1) };
const blocked: Outcome = { type: "blocked" };
const refused: Outcome = { type: "refused", code: "NOT_EXECUTED", message: "", executed: "no" };

function pending(n: number): PendingCall[] {
  return Array.from({ length: n }, () => new PendingCall(to, encodeArguments([])));
}

function decoded(command: SentCommand): CallsCommand {
  return decodeCommand(command.bytes) as CallsCommand;
}

function fresh(): Calls {
  return new Calls(sessionId("2.0"));
}

describe("the floor", () => {
  it.each<[string, readonly (readonly [number, Outcome])[], number, readonly number[]]>([
    ["nothing answered", [], 0, []],
    ["the first", [[1, returned]], 1, []],
    ["not the first", [[2, returned]], 0, []],
    ["all", [[1, returned], [2, returned], [3, returned]], 3, []], // biome-ignore format: table
    ["out of order", [[3, returned], [1, returned], [2, returned]], 3, []], // biome-ignore format: table
    ["twice", [[1, returned], [1, returned]], 1, []], // biome-ignore format: table
    ["unknown ones", [[9, returned], [0, returned]], 0, []], // biome-ignore format: table
    ["a blocked one does not hold it", [[1, blocked], [2, returned]], 2, []], // biome-ignore format: table
    ["a blocked one answered", [[1, blocked], [2, returned], [1, returned]], 2, [1]], // biome-ignore format: table
    ["blocked again, as told again", [[1, blocked], [1, blocked], [2, returned]], 2, []], // biome-ignore format: table
    ["late, but above the floor", [[2, blocked], [2, returned]], 0, []], // biome-ignore format: table
    ["late, under the floor later", [[2, blocked], [2, returned], [1, returned]], 2, [2]], // biome-ignore format: table
  ])("%s", (_, answers, ackedSeq, ackedLate) => {
    const calls = fresh();
    calls.number(pending(3));
    for (const [s, outcome] of answers) calls.answer(seq(s), outcome);
    expect(decoded(calls.number(pending(1)))).toMatchObject({ firstSeq: 4, n: 1, ackedSeq, ackedLate });
  });

  it("names each late answer in one command, also when one that named none may not run", () => {
    const calls = fresh();
    const first = calls.number(pending(1));
    calls.answer(seq(1), blocked);
    calls.number(pending(1));
    calls.answer(seq(1), returned);
    first.mayNotRun();
    expect(decoded(calls.number(pending(1))).ackedLate).toEqual([1]);
  });

  it("names a late answer again when the command that named it may not run", () => {
    const calls = fresh();
    calls.number(pending(1));
    calls.answer(seq(1), blocked);
    calls.answer(seq(1), returned);
    const naming = calls.number(pending(1));
    expect(decoded(naming).ackedLate).toEqual([1]);
    calls.answer(seq(2), refused);
    expect(decoded(calls.number(pending(1))).ackedLate).toEqual([1]);
    expect(decoded(calls.number(pending(1))).ackedLate).toEqual([]);
  });

  it("gives back the call of a final answer, once", () => {
    const calls = fresh();
    const [call] = pending(1);
    calls.number([call as PendingCall]);
    expect(calls.answer(seq(1), blocked)).toBeNull();
    expect([calls.awaited, calls.open]).toEqual([0, 1]);
    expect(calls.answer(seq(1), returned)).toBe(call);
    expect(calls.answer(seq(1), returned)).toBeNull();
    expect([calls.awaited, calls.open]).toEqual([0, 0]);
  });
});

describe("what is sent again", () => {
  it("is each command with an answer missing, byte by byte, in order", () => {
    const calls = fresh();
    const [one, two, three] = [calls.number(pending(2)), calls.number(pending(1)), calls.number(pending(1))];
    calls.answer(seq(1), returned);
    calls.answer(seq(3), returned);
    expect([...calls.toResend(seq(1))]).toEqual([one, three]);
    expect([...calls.toResend(seq(3))]).toEqual([three]);
    expect(two.left).toBe(0);
  });

  it("includes blocked calls, and leaves out commands of which nothing is wanted any more", () => {
    const calls = fresh();
    const waiting = pending(2);
    const command = calls.number(waiting);
    calls.answer(seq(1), blocked);
    calls.answer(seq(2), returned);
    expect([...calls.toResend(seq(1))]).toEqual([command]);
    (waiting[0] as PendingCall).givenUp = { code: "ABORTED", message: "", cause: undefined };
    command.giveUp();
    expect([...calls.toResend(seq(1))]).toEqual([]);
  });
});

describe("the room", () => {
  it("counts all above the floor, and blocked ones below it", () => {
    const calls = fresh();
    calls.number(pending(10));
    expect(calls.room).toBe(callsInFlightMax - 10);
    calls.answer(seq(10), returned);
    expect(calls.room).toBe(callsInFlightMax - 10);
    for (let s = 1; s < 10; s++) calls.answer(seq(s), s === 1 ? blocked : returned);
    expect(calls.room).toBe(callsInFlightMax - 1);
    calls.answer(seq(1), returned);
    expect(calls.room).toBe(callsInFlightMax);
  });
});
