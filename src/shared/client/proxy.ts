/** Proxies: one object of the cluster as if it were local. Everything of ours on them is a symbol. */
import { initMethod, lackingNames } from "../object/surface.ts";
import type { PendingCall } from "./call.ts";
import type { Limits } from "./patience.ts";
import { type Target, target } from "./payload.ts";
import type { ClientSession } from "./session.ts";
import { type CallOptions, flush, local, type Session, session } from "./types.ts";

/** What JavaScript and its tools ask any object for: a proxy that answered them would be taken for something else. */
const reserved: ReadonlySet<string> = new Set<string>(lackingNames);

type Method = (...args: unknown[]) => Promise<unknown>;

function isMethod(name: string): boolean {
  return name.startsWith("_") ? name === initMethod : !reserved.has(name);
}

/** What a proxy stands for, so that `within` can make another one. */
export interface Remoted {
  readonly client: ClientSession;
  readonly session: Session;
  readonly object: string;
  readonly limits: Limits;
  /** Its calls are reads that may be behind. */
  readonly local: boolean;
  /** Hears of each call that is made. */
  readonly began?: (call: PendingCall) => void;
  /** What disposing the proxy does. */
  readonly dispose: () => Promise<void>;
}

const remotes = new WeakMap<object, Remoted>();

/** Nobody adds anything to a proxy: every property that it has is answered by its handler. */
const nothing: object = Object.freeze(Object.create(null));

class Handler implements ProxyHandler<object> {
  readonly #remote: Remoted;
  readonly #methods = new Map<string, Method>();
  readonly #flush: () => Promise<void>;
  #reads: object | null = null;

  constructor(remote: Remoted) {
    this.#remote = remote;
    this.#flush = () => remote.client.flush();
  }

  get(_target: object, key: string | symbol): unknown {
    if (typeof key === "string") return this.#methods.get(key) ?? this.#method(key);
    if (key === session) return this.#remote.session;
    if (key === flush) return this.#flush;
    if (key === local) return this.#localReads();
    if (key === Symbol.asyncDispose) return this.#remote.dispose;
    return undefined;
  }

  has(_target: object, key: string | symbol): boolean {
    return typeof key === "string" ? isMethod(key) : this.get(_target, key) !== undefined;
  }

  #localReads(): object {
    this.#reads ??= makeProxy({ ...this.#remote, local: true });
    return this.#reads;
  }

  #method(name: string): Method | undefined {
    if (!isMethod(name)) return undefined;
    const { client, object, limits, local: isLocal, began } = this.#remote;
    if (isLocal && name.startsWith("_")) return undefined;
    const to: Target = target(object, name);
    const method: Method = (...args) => client.call(to, args, limits, isLocal, began);
    this.#methods.set(name, method);
    return method;
  }
}

export function makeProxy(remote: Remoted): object {
  const proxy = new Proxy(nothing, new Handler(remote));
  remotes.set(proxy, remote);
  return proxy;
}

/** A call of a method that is declared to bring an `R`. */
export type Call<R> = (...args: readonly unknown[]) => Promise<R>;

/**
 * A method of a proxy, by a name that was written out when its types were.
 * @throws TypeError for a name that no proxy has
 */
export function methodOf<R>(proxy: object, name: string): Call<R> {
  const method: unknown = Reflect.get(proxy, name);
  if (typeof method !== "function") throw new TypeError(`${name} cannot be called`);
  return method as Call<R>;
}

/** Makes `object` stand for the same as `proxy`, so that `within` takes it, too. */
export function standFor(object: object, proxy: object): void {
  remotes.set(object, remoteOf(proxy, "Proxied"));
}

/** @param asks the function that was given it. @throws TypeError when it is no proxy that `connect` made */
export function remoteOf(proxy: object, asks: string): Remoted {
  const remote = remotes.get(proxy);
  if (remote !== undefined) return remote;
  throw new TypeError(`${asks}: not a proxy that concoord made`);
}

/** @throws TypeError, RangeError when an option is not valid */
export function limitsOf(client: ClientSession, { signal, timeout }: CallOptions, under: Limits): Limits {
  if (timeout !== undefined && !(typeof timeout === "number" && timeout >= 0)) {
    throw new RangeError(`timeout: milliseconds from 0, not ${String(timeout)}`);
  }
  return {
    timeout: timeout ?? under.timeout,
    group: signal === undefined ? under.group : client.patience.groupOf(signal),
  };
}

/**
 * The same object and session with options for the calls made through what this returns.
 * @param proxy made by `connect`, `session.object` or `within`
 * @throws TypeError when it is no such proxy
 * @example await within(counter, { signal, timeout: 500 }).increment();
 */
export function within<R extends object>(proxy: R, options: CallOptions): R {
  const remote = remoteOf(proxy, "within");
  return makeProxy({ ...remote, limits: limitsOf(remote.client, options, remote.limits) }) as R;
}
