/** No bytes, however broken, make a decoder throw anything but its own error, or keep it busy for long. */
import { expect, test } from "vitest";
import { decoders } from "./decoders.ts";
import { decodeMillisMax, fuzz } from "./fuzzing.ts";
import { fuzzHttp } from "./http-fuzzing.ts";

const runs = 1_500;
/** How much slower than alone this machine may be now. `npm run fuzz` has none. */
const patience = 4;
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test.each(decoders)(`$name: ${runs} broken inputs, seed ${seed}`, (decoder) => {
  const { failure } = fuzz(decoder, { seed, runs, millis: null, decodeMillis: patience * decodeMillisMax });
  const replay = `npm run fuzz -- --decoder "${decoder.name}" --seed ${seed} --runs ${runs}`;
  expect(failure, replay).toBe(null);
});

test(`HTTP: ${runs} broken requests, seed ${seed}`, async () => {
  const { failure } = await fuzzHttp({ seed, runs, millis: null, decodeMillis: Number.POSITIVE_INFINITY });
  expect(failure, `npm run fuzz -- --decoder HTTP --seed ${seed} --runs ${runs}`).toBe(null);
});

test("no prototype was touched", () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Readonly<Record<string, unknown>>)["polluted"]).toBe(undefined);
});
