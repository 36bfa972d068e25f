/**
 * Agreed time and chance inside methods. While calls run, Date, Math.random, crypto.randomUUID,
 * crypto.getRandomValues and performance.now answer the same on every replica; afterwards they are the real ones
 * again. Methods are synchronous, so nothing else of the process sees the exchange. This is the only file of the
 * object layer that touches the platform's clock and dice, and it never asks them.
 */

import { must } from "../paxos/ids.ts";
import { hexOf } from "./hex.ts";
import { isObject } from "./is-object.ts";
import { type Bits, fill, fraction, sfc32 } from "./random.ts";

/** Most bytes that one crypto.getRandomValues gives, as on every platform. */
const randomBytesMax = 65_536;

/** What the agreed functions answer from; one for the process, as the globals are. */
let wall = 0;
let logTime = 0;
let seed = 0;
let call = 0;
/** Seeding costs more than most methods, so it waits for the first throw of the dice: null until then. */
let dice: Bits | null = null;

function stream(): Bits {
  if (!active) throw new Error("agreed chance answers only inside a method");
  dice ??= sfc32(seed, call);
  return dice;
}

/** Agreed chance, from 0 up to, not including, 1. @throws Error outside of a call. */
export function agreedRandom(): number {
  return fraction(stream());
}

function agreedNow(): number {
  return wall;
}

function agreedRandomValues<T>(array: T): T {
  if (!ArrayBuffer.isView(array)) throw new TypeError("getRandomValues fills typed arrays");
  if (array.byteLength > randomBytesMax) throw new RangeError(`more than ${randomBytesMax} random bytes`);
  fill(stream(), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return array;
}

/** A version 4 UUID (RFC 9562) of agreed chance. */
function agreedUuid(): string {
  const bytes = new Uint8Array(16);
  fill(stream(), bytes);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return hexOf(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A Proxy, and not a subclass, so that `instanceof Date` holds for dates from inside and outside alike. */
const agreedDate = new Proxy(Date, {
  construct: (real, args, target) => Reflect.construct(real, args.length === 0 ? [wall] : args, target),
  apply: (real) => new real(wall).toString(),
  get: (real, key) => (key === "now" ? agreedNow : Reflect.get(real, key)),
});

/** One exchanged property: where it was found, the agreed value, and the real one while calls run. */
interface Place {
  readonly holder: object;
  readonly key: string;
  readonly agreed: unknown;
  real: unknown;
}

let places: readonly Place[] | null = null;
let active = false;

/** Finds the object of the prototype chain that owns `key`; a platform may lack it. */
function findPlace(owner: unknown, key: string, agreed: unknown): Place[] {
  for (let holder = owner; isObject(holder); holder = Object.getPrototypeOf(holder))
    if (Object.hasOwn(holder, key)) return [{ holder, key, agreed, real: undefined }];
  return [];
}

function findPlaces(): readonly Place[] {
  const crypto: unknown = Reflect.get(globalThis, "crypto");
  return [
    findPlace(globalThis, "Date", agreedDate),
    findPlace(Math, "random", agreedRandom),
    findPlace(crypto, "randomUUID", agreedUuid),
    findPlace(crypto, "getRandomValues", agreedRandomValues),
    findPlace(Reflect.get(globalThis, "performance"), "now", () => logTime),
  ].flat();
}

/**
 * What the calls of one proposal are given.
 *
 * @param agreedWall ms since 1970
 * @param agreedLogTime ms of log time
 * @param agreedSeed 32 bits, unsigned
 */
export function agree(agreedWall: number, agreedLogTime: number, agreedSeed: number): void {
  wall = agreedWall;
  logTime = agreedLogTime;
  seed = agreedSeed;
}

/** Puts the agreed functions in place, for calls of one proposal or more; `leave` must follow, in a `finally`. */
export function enter(): void {
  must(!active, "no method runs within another");
  places ??= findPlaces();
  active = true;
  for (const place of places) {
    place.real = Reflect.get(place.holder, place.key);
    Reflect.set(place.holder, place.key, place.agreed);
  }
}

/** Starts the stream of chance of call `k` of the proposal. */
export function beginCall(k: number): void {
  call = k;
  dice = null;
}

/** Puts the real functions back. */
export function leave(): void {
  active = false;
  for (const place of places ?? []) Reflect.set(place.holder, place.key, place.real);
}
