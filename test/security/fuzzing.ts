/** One decoder tried with broken bytes: garbage, real messages changed, cut and joined, and bombs among them. */
import fc from "fast-check";
import { bombs } from "./bombs.ts";
import type { Decoder } from "./decoders.ts";

/** Milliseconds of the processor that one message may take. */
export const decodeMillisMax = 50;
/** The machine has others to serve: what counts is the quickest of so many. */
const attempts = 20;

/** Bytes that mean something in CBOR and DNS: heads, lengths, pointers, ends of ranges. */
const telling = [0, 1, 0x17, 0x18, 0x1b, 0x3b, 0x40, 0x5b, 0x5f, 0x7b, 0x7f, 0x80, 0x9b, 0x9f, 0xbb, 0xbf];
const tellingToo = [0xc0, 0xc1, 0xc2, 0xc3, 0xd8, 0xd9, 0xda, 0xdb, 0xf6, 0xf7, 0xf8, 0xf9, 0xfb, 0xff];

type Change = (bytes: Uint8Array) => Uint8Array;

const byte = fc.oneof(fc.nat(255), fc.constantFrom(...telling, ...tellingToo));

/** One change to some bytes, wherever they end. */
function changes(samples: readonly Uint8Array[]): fc.Arbitrary<Change> {
  const at = fc.nat(65_535);
  const other = fc.constantFrom(...samples);
  return fc.oneof(
    fc.tuple(at, byte).map(
      ([i, to]): Change =>
        (b) =>
          b.with(i % Math.max(1, b.length), to),
    ),
    fc.tuple(at, fc.nat(7)).map(
      ([i, bit]): Change =>
        (b) =>
          flipped(b, i, 1 << bit),
    ),
    at.map(
      (i): Change =>
        (b) =>
          b.slice(0, i % (b.length + 1)),
    ),
    fc.tuple(at, fc.nat(16)).map(
      ([i, n]): Change =>
        (b) =>
          spliced(b, i, n, new Uint8Array(0)),
    ),
    fc.tuple(at, fc.uint8Array({ maxLength: 16 })).map(
      ([i, more]): Change =>
        (b) =>
          spliced(b, i, 0, more),
    ),
    fc.tuple(at, at, other).map(
      ([i, j, o]): Change =>
        (b) =>
          spliced(b, i, b.length, o.slice(j % o.length)),
    ),
    fc.tuple(at, fc.nat(40)).map(
      ([i, n]): Change =>
        (b) =>
          spliced(b, i, 0, b.slice(0, n)),
    ),
  );
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const i = at % Math.max(1, bytes.length);
  return bytes.with(i, (bytes[i] ?? 0) ^ bit);
}

function spliced(bytes: Uint8Array, at: number, n: number, more: Uint8Array): Uint8Array {
  const i = at % (bytes.length + 1);
  return new Uint8Array([...bytes.subarray(0, i), ...more, ...bytes.subarray(i + n)]);
}

/** What `decoder` is tried with. */
export function inputs({ samples }: Decoder): fc.Arbitrary<Uint8Array> {
  const changed = fc
    .tuple(fc.constantFrom(...samples), fc.array(changes(samples), { minLength: 1, maxLength: 5 }))
    .map(([sample, all]) =>
      all.reduce((bytes, change) => (bytes.length === 0 ? bytes : change(bytes)), sample),
    );
  return fc.oneof(
    { arbitrary: changed, weight: 5 },
    { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 1 },
  );
}

/** The slowest decode so far. */
export interface Worst {
  millis: number;
  /** More is a failure. */
  readonly max: number;
}

/** @throws Error when the decoder throws anything but its refusal, or takes too long */
export function survive(decoder: Decoder, bytes: Uint8Array, worst: Worst): void {
  const began = performance.now();
  attempt(decoder, bytes);
  let millis = performance.now() - began;
  for (let left = attempts; left > 0 && millis > worst.max / 2; left--)
    millis = Math.min(millis, cpuMillis(decoder, bytes));
  worst.millis = Math.max(worst.millis, millis);
  if (millis > worst.max) throw new Error(`${decoder.name}: ${millis} ms of the processor`);
}

function attempt({ decode, refusal }: Decoder, bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (error) {
    if (!(error instanceof refusal)) throw error;
  }
}

function cpuMillis(decoder: Decoder, bytes: Uint8Array): number {
  const before = process.cpuUsage();
  attempt(decoder, bytes);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

export interface Tried {
  readonly decoder: string;
  readonly runs: number;
  readonly worstMillis: number;
  readonly failure: { readonly error: string; readonly bytes: string; readonly path: string } | null;
}

export interface Effort {
  readonly seed: number;
  readonly runs: number;
  /** Ends sooner when so much time is over; null for no such end. */
  readonly millis: number | null;
  /** Milliseconds of the processor that one input may take. */
  readonly decodeMillis: number;
  /** Where a failure was found before: only that input is tried. */
  readonly path?: string | undefined;
}

/** Tries a decoder with so many inputs, and with every bomb. */
export function fuzz(decoder: Decoder, { seed, runs, millis, decodeMillis, path }: Effort): Tried {
  const worst = { millis: 0, max: decodeMillis };
  const rounded = () => Math.round(worst.millis * 100) / 100;
  const given = path === undefined && decoder.cbor ? Object.entries(bombs) : [];
  for (const [name, bytes] of given) {
    if (isSpared(decoder, name)) continue;
    try {
      survive(decoder, bytes, worst);
    } catch (error) {
      const failure = { error: String(error), bytes: `the bomb: ${name}`, path: "" };
      return { decoder: decoder.name, runs: 0, worstMillis: rounded(), failure };
    }
  }
  const property = fc.property(inputs(decoder), (bytes) => survive(decoder, bytes, worst));
  const limit = millis === null ? {} : { interruptAfterTimeLimit: millis, markInterruptAsFailure: false };
  const found = fc.check(property, {
    seed,
    numRuns: runs,
    ...limit,
    ...(path === undefined ? {} : { path }),
  });
  const bytes = found.counterexample?.[0];
  const failure =
    bytes === undefined
      ? null
      : {
          error: String(found.errorInstance),
          bytes: Buffer.from(bytes).toString("hex"),
          path: found.counterexamplePath ?? "",
        };
  return { decoder: decoder.name, runs: found.numRuns, worstMillis: rounded(), failure };
}

/** What nodes refuse never reaches a browser, whose codec is to be small. */
function isSpared({ name }: Decoder, bomb: string): boolean {
  return name.endsWith("in a browser") && /that clash|that end alike/.test(bomb) && !bomb.includes("a few");
}
