/**
 * What generated proxies extend (`concoord object`): a class for each class of the cluster, whose methods are written
 * out. It goes the same way as the proxies of `connect`: this one stands before such a proxy, and adds only its types.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import { type Call, methodOf, standFor } from "./proxy.ts";
import { type Bootstrap, type Connect, flush, local, type Options, type Session, session } from "./types.ts";

/** How the methods of generated proxies make their calls. */
export const invoke: unique symbol = Symbol.for("concoord.invoke");

/** A generated proxy, but for its methods. Everything here is a symbol, so that no method is in the way. */
export interface Proxied extends AsyncDisposable {
  /** The declared reads, answered by the node that the session is connected to. */
  readonly [local]: object;
  readonly [session]: Session;
  readonly [flush]: () => Promise<void>;
  /** Makes a call; what it brings is what the method is declared to return. */
  [invoke]<R>(method: string, args: readonly unknown[]): Promise<R>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ProxiedClass {
  /**
   * Connects, as `connect` does.
   *
   * @param name "Class" or "Class/name"
   * @param bootstrap nodes to begin with
   * @param options of the session and of all its calls
   * @throws TypeError for a bootstrap, class or object name that is not valid, RangeError for a timeout, sessionTtl
   *   or proxy out of range; nothing is sent then
   * @example export class Counter extends Proxied { constructor(bootstrap?: Bootstrap) { super("Counter", bootstrap); } }
   */
  new (name: string, bootstrap?: Bootstrap, options?: Options): Proxied;
}

/** `Proxied` for a runtime: it connects as that runtime does. */
export function makeProxied(connect: Connect): ProxiedClass {
  return class Proxied {
    readonly #remote: ReturnType<Connect>;

    constructor(name: string, bootstrap?: Bootstrap, options?: Options) {
      this.#remote = connect(name, bootstrap, options);
      standFor(this, this.#remote);
    }

    get [local](): object {
      return this.#remote[local];
    }

    get [session](): Session {
      return this.#remote[session];
    }

    get [flush](): () => Promise<void> {
      return this.#remote[flush];
    }

    [invoke]<R>(method: string, args: readonly unknown[]): Promise<R> {
      const call: Call<R> = methodOf(this.#remote, method);
      return call(...args);
    }

    [Symbol.asyncDispose](): Promise<void> {
      return this.#remote[Symbol.asyncDispose]();
    }
  };
}
