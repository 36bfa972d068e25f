/**
 * What simulations need of Node. While a world runs Date, Math.random and the crypto of the process answer from it, so
 * that a seed always gives the same run; test runners keep the real ones from before.
 */
import { getRandomValues } from "node:crypto";
import { types } from "node:util";
import type { SimulationHost } from "../shared/sim/simulate.ts";

/** Kept: test runners exchange it as well. */
const { setImmediate } = globalThis;

export const simulationHost: SimulationHost = {
  drain: () => new Promise((resolve) => void setImmediate(resolve)),
  newSeed: () => getRandomValues(new Uint32Array(1))[0] ?? 0,
  isProxy: (value) => types.isProxy(value),
  exchange,
};

interface Place {
  readonly holder: object;
  readonly key: string;
  readonly real: unknown;
}

/** Exchanges a property where its prototype chain has it, for object/ambient.ts exchanges it there as well. */
function exchangeIn(owner: object, key: string, value: unknown): Place {
  let holder = owner;
  while (!Object.hasOwn(holder, key)) holder = Object.getPrototypeOf(holder) as object;
  const real: unknown = Reflect.get(holder, key);
  Reflect.set(holder, key, value);
  return { holder, key, real };
}

function exchange(now: () => number, random: () => number): () => void {
  const date = new Proxy(Date, {
    construct: (real, args, target) => Reflect.construct(real, args.length === 0 ? [now()] : args, target),
    apply: (real) => new real(now()).toString(),
    get: (real, key) => (key === "now" ? now : Reflect.get(real, key)),
  });
  const fill = <T extends NodeJS.ArrayBufferView>(array: T): T => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
    return array;
  };
  const uuid = () => {
    const hex = Array.from({ length: 30 }, () => Math.floor(random() * 16).toString(16)).join("");
    const variant = "89ab".charAt(Math.floor(random() * 4));
    return hex.replace(/^(.{8})(.{4})(.{3})(.{3})(.{12})$/, `$1-$2-4$3-${variant}$4-$5`);
  };
  const places = [
    exchangeIn(globalThis, "Date", date),
    exchangeIn(Math, "random", random),
    exchangeIn(crypto, "getRandomValues", fill),
    exchangeIn(crypto, "randomUUID", uuid),
  ];
  return () => {
    for (const { holder, key, real } of places) Reflect.set(holder, key, real);
  };
}
