/**
 * Every decoder with broken bytes: `npm run fuzz -- --seconds 60`, or so many `--runs` of each, from a `--seed`; one of
 * them by `--decoder NAME`, and the input that failed by `--path`. JSON on stdout: for each decoder how many inputs it
 * was tried with, the longest that one took in ms of the processor, and what failed; exit 1 when anything did.
 */
import { parseArgs } from "node:util";
import { decoders } from "./security/decoders.ts";
import { decodeMillisMax, fuzz, type Tried } from "./security/fuzzing.ts";
import { fuzzHttp, httpName } from "./security/http-fuzzing.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    runs: { type: "string" },
    seed: { type: "string" },
    decoder: { type: "string" },
    path: { type: "string" },
  },
});

const all = [...decoders.map(({ name }) => name), httpName];
const chosen = all.filter((name) => values.decoder === undefined || name === values.decoder);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const seconds = Number(values.seconds ?? (values.runs === undefined ? 60 : Number.POSITIVE_INFINITY));
const runs = Number(values.runs ?? Number.MAX_SAFE_INTEGER);
if (chosen.length === 0 || !Number.isInteger(seed) || !(seconds > 0) || !Number.isSafeInteger(runs)) {
  console.error(`--seconds, --runs and --seed are numbers; --decoder is one of: ${all.join(", ")}`);
  process.exit(2);
}

function replayOf(name: string, path: string): string {
  const way = path === "" ? "" : ` --path ${path}`;
  return `npm run fuzz -- --decoder "${name}" --seed ${seed} --runs ${values.runs ?? runs}${way}`;
}

const began = performance.now();
const millis = Number.isFinite(seconds) ? (1_000 * seconds) / chosen.length : null;
const effort = { seed, runs, millis, decodeMillis: decodeMillisMax, path: values.path };
const results: object[] = [];
let [failed, total] = [0, 0];

function note({ failure, ...tried }: Tried): void {
  total += tried.runs;
  if (failure === null) return void results.push({ ...tried, failure });
  failed++;
  console.error(`${tried.decoder}: ${failure.error}`);
  results.push({ ...tried, failure: { ...failure, replay: replayOf(tried.decoder, failure.path) } });
}

for (const decoder of decoders) if (chosen.includes(decoder.name)) note(fuzz(decoder, effort));
if (chosen.includes(httpName)) note(await fuzzHttp(effort));
console.log(
  JSON.stringify(
    { seed, failed, runs: total, millis: Math.round(performance.now() - began), results },
    null,
    2,
  ),
);
process.exitCode = failed > 0 ? 1 : 0;
