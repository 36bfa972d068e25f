/** `connect` and `openSession`, for a runtime. */
import { never } from "../clock.ts";
import { sessionTtlMax, sessionTtlMin } from "../limits.ts";
import { formatObject, mainName, parseObject } from "../object/address.ts";
import { checkedDoh, parseBootstrap } from "./bootstrap.ts";
import type { Limits } from "./patience.ts";
import { target } from "./payload.ts";
import { makeProxied, type ProxiedClass } from "./proxied.ts";
import { limitsOf, makeProxy } from "./proxy.ts";
import type { ClientRuntime } from "./runtime.ts";
import { ClientSession } from "./session.ts";
import { sessionTtlMillis } from "./times.ts";
import type {
  Bootstrap,
  CallOptions,
  Connect,
  ListenerOptions,
  Listening,
  OpenSession,
  Options,
  Session,
  SessionEvents,
  SessionOptions,
} from "./types.ts";

const noLimits: Limits = { timeout: never, group: null };

type Type = string | (new () => object);

/** What programs of a runtime call the client with. */
export interface Client {
  readonly connect: Connect;
  readonly openSession: OpenSession;
  readonly Proxied: ProxiedClass;
}

/**
 * @example export const { connect, openSession } = createClient(nodeRuntime);
 */
export function createClient(runtime: ClientRuntime): Client {
  const connect = connectOf(runtime);
  return { connect, openSession: openSessionOf(runtime), Proxied: makeProxied(connect) };
}

/** `connect` alone, for bundles that are to hold nothing else. */
export function connectOf(runtime: ClientRuntime): Connect {
  const connect = (type: Type, bootstrap?: Bootstrap, options: Options = {}): object => {
    const object = objectName(type, options.name);
    const session = new OpenedSession(runtime, bootstrap, options);
    return session.proxy(object, () => session[Symbol.asyncDispose]());
  };
  return connect as Connect;
}

/** `openSession` alone. */
export function openSessionOf(runtime: ClientRuntime): OpenSession {
  return (bootstrap, options = {}) => asSession(new OpenedSession(runtime, bootstrap, options));
}

/** "Class/name". @throws TypeError when that is no address of an object */
function objectName(type: Type, name: string | undefined): string {
  if (typeof type === "string" && type.includes("/")) {
    if (name !== undefined) throw new TypeError(`${JSON.stringify(type)} has a name: leave out name`);
    return checked(type);
  }
  const classed = typeof type === "string" ? type : type.name;
  if (typeof classed !== "string" || classed === "")
    throw new TypeError("the class has no name: give it a static name");
  return checked(formatObject({ class: classed, name: name ?? mainName }));
}

function checked(object: string): string {
  if (parseObject(object) !== null) return object;
  throw new TypeError(`${JSON.stringify(object)} is no address of an object`);
}

class OpenedSession implements Listening {
  readonly #client: ClientSession;
  readonly #limits: Limits;

  constructor(runtime: ClientRuntime, bootstrap: Bootstrap | undefined, options: SessionOptions) {
    const { token = null, signal, timeout, sessionTtl: ttl = sessionTtlMillis, proxy: mode = 3 } = options;
    if (!(ttl >= sessionTtlMin && ttl <= sessionTtlMax)) {
      throw new RangeError(
        `sessionTtl: ${sessionTtlMin} to ${sessionTtlMax} milliseconds, not ${String(ttl)}`,
      );
    }
    if (![0, 1, 2, 3].includes(mode)) throw new RangeError(`proxy: 0, 1, 2 or 3, not ${String(mode)}`);
    // Where stubs can be dialled they do not come so far; elsewhere one is refused as an address.
    const bootstraps = parseBootstrap(String(bootstrap ?? runtime.defaultBootstrap()));
    const doh = checkedDoh(options.doh);
    this.#client = new ClientSession(runtime, bootstraps, { token, doh, signal: signal ?? null, ttl, mode });
    this.#limits = limitsOf(this.#client, { timeout }, noLimits);
  }

  get state() {
    return this.#client.state;
  }

  object(type: Type, name?: string): object {
    return this.proxy(objectName(type, name), () => Promise.resolve());
  }

  call(
    object: string,
    method: string,
    args: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<unknown> {
    const limits = limitsOf(this.#client, options, this.#limits);
    return this.#client.call(target(objectName(object, undefined), method), args, limits);
  }

  addEventListener<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
    options?: ListenerOptions,
  ): void {
    this.#client.events.add(type, listener, options);
  }

  removeEventListener<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
  ): void {
    this.#client.events.remove(type, listener);
  }

  dispatchEvent(event: SessionEvents[keyof SessionEvents]): boolean {
    this.#client.events.emit(event.type, event);
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client.close();
  }

  proxy(object: string, dispose: () => Promise<void>): object {
    return makeProxy({
      client: this.#client,
      session: asSession(this),
      object,
      limits: this.#limits,
      local: false,
      dispose,
    });
  }
}

/** The methods are there; only their overloads for single classes are types alone. */
function asSession(session: OpenedSession): Session {
  return session as unknown as Session;
}
