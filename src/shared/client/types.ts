/** What users of the client see: options, events, and the types of proxies, which follow from the user's class. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Methods } from "../object/surface.ts";
import type { Blocked } from "../object/ticket.ts";

declare global {
  /** The platform's own, named here so that these types fit programs for Node, browsers and Workers alike. */
  interface AbortSignal {}
  interface EventTarget {}
}

/** `proxy[local]`: the declared reads of the object, run at the node that one is connected to without asking others. */
export const local: unique symbol = Symbol.for("concoord.local");
/** `proxy[session]`: the session behind a proxy. */
export const session: unique symbol = Symbol.for("concoord.session");
/** `proxy[flush]()`: sends what `proxy: 2` collects; done when everything called before is answered. */
export const flush: unique symbol = Symbol.for("concoord.flush");

/**
 * Nodes to begin with: `host:port`, `[::1]:14000` or `ws(s)://…`, several separated by commas. An item without port
 * and scheme is a domain: its SRV records say where nodes are, now and whenever the client connects again.
 */
export type Bootstrap = string | { fetch(request: never): unknown };

/** For single calls: `within(proxy, options)`. */
export interface CallOptions {
  /** Gives up the calls that are not answered when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until a call is given up, time spent blocked included; none by default. */
  readonly timeout?: number | undefined;
}

export interface SessionOptions extends CallOptions {
  /** Proves to the nodes that this program may use them. */
  readonly token?: string | undefined;
  /** Milliseconds that the session outlives its last sign of life: 10,000; from 1,000 to 86,400,000. */
  readonly sessionTtl?: number | undefined;
  /**
   * How calls leave. 3: those of one turn of the event loop in one frame (the default); 2: as one command when
   * `proxy[flush]()` is called, or 1,000 at a time; 1: each at once; 0: each when the one before is answered.
   */
  readonly proxy?: 0 | 1 | 2 | 3 | undefined;
  /**
   * Where domains are looked up by DNS over HTTPS, as a URL. Default: in Node the system's resolver is asked (or
   * `CONCOORD_DOH`, or the server `CONCOORD_DNS`), in a browser the page's own origin + `/dns-query`.
   */
  readonly doh?: string | undefined;
}

export interface Options extends SessionOptions {
  /** Which object of the class: "main" unless given. */
  readonly name?: string | undefined;
}

/** connecting: not connected yet; open; lost: was connected, and connects again; closed: for good. */
export type ConnectionState = "connecting" | "open" | "lost" | "closed";

export interface ConnectionEvent {
  readonly type: "connection";
  readonly state: ConnectionState;
}

/** The session ended on the server: calls that were sent failed, and the next call opens a new session. */
export interface SessionLostEvent {
  readonly type: "sessionlost";
}

/** A live object's copy differed from the replica's state, and was replaced. */
export interface DivergedEvent {
  readonly type: "diverged";
  /** "Class/name". */
  readonly object: string;
  readonly slot: number;
}

export interface SessionEvents {
  connection: ConnectionEvent;
  sessionlost: SessionLostEvent;
  diverged: DivergedEvent;
}

export interface ListenerOptions {
  readonly once?: boolean;
  /** Takes the listener away when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * What a session tells of itself. A listener that throws harms neither the session nor other listeners.
 * @example session.addEventListener("connection", ({ state }) => show(state), { signal });
 */
export interface Listening {
  addEventListener<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
    options?: ListenerOptions,
  ): void;
  removeEventListener<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
  ): void;
}

/** Its disposal never rejects. */
interface Closable extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Caller extends Closable {
  readonly state: ConnectionState;
  /**
   * A proxy of one object; its disposal leaves the session open.
   * @param name "Class/name", or "Class" for "Class/main"
   * @throws TypeError for a class or object name that is not valid
   * @example const counter = session.object<Counter>("Counter/visits");
   */
  object<T>(name: string): Remote<T>;
  /**
   * A proxy of one object; its disposal leaves the session open.
   * @param type the class, registered on the replicas under the same name
   * @param name which object of the class: "main" unless given
   * @throws TypeError for a class or object name that is not valid
   * @example const counter = session.object(Counter, "visits");
   */
  object<C extends new () => object>(type: C, name?: string): RemoteOf<C>;
  /**
   * The call of a method whose name is data. Proxies are sugar for it.
   * @param object "Class/name", or "Class" for "Class/main"
   * @param options of this call alone
   * @throws TypeError for an object name that is not valid, RangeError for a timeout out of range; nothing is sent
   *   then. Rejects with a ConcoordError, or with the error that the method threw
   * @example await session.call("Counter/visits", "increment", [], { timeout: 500 })
   */
  call(object: string, method: string, args?: readonly unknown[], options?: CallOptions): Promise<unknown>;
}

/** One connection, one session, many objects. */
export type Session = Caller & Listening & EventTarget;

export type { Methods, Reads } from "../object/surface.ts";
export type { Blocked };

/** What the caller of a method gets that returns `R`. */
export type Answer<R> = R extends Blocked<infer V> ? V : R;

type Called<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<Answer<R>> : never;

/**
 * The methods of `T` as they are called from outside; those not in `K` are `never`. Generic methods collapse to
 * their constraint, overloads to the last one.
 */
export type Calls<T, K = Methods<T>> = {
  readonly [P in keyof T as P extends Methods<T> ? P : never]-?: P extends K
    ? Called<NonNullable<T[P]>>
    : never;
};

/** What every proxy has beside the methods of the class. */
export interface ProxyMembers<A extends unknown[], R = unknown> extends Closable {
  /**
   * Declared reads, answered by the node that the session is connected to from what it has executed: at least all that
   * this session was answered, but perhaps not what others did last.
   */
  readonly [local]: R;
  readonly [session]: Session;
  readonly [flush]: () => Promise<void>;
  /** Builds the object anew with these arguments of the constructor. */
  __concoordinit__(...args: A): Promise<void>;
}

/** A proxy of an object of class `T`. `K`: its declared reads. `A`: the arguments of its constructor. */
export type Remote<T, K = Methods<T>, A extends unknown[] = unknown[]> = Calls<T> &
  ProxyMembers<A, Calls<T, K>>;

type DeclaredReads<C> = C extends { readonly reads: readonly (infer K)[] } ? K : never;

export type RemoteOf<C extends new () => object> = Remote<
  InstanceType<C>,
  DeclaredReads<C>,
  ConstructorParameters<C>
>;

export interface Connect {
  /**
   * A proxy of one object, on a session of its own. Returns at once; the first call waits for the connection.
   * @param name "Class" or "Class/name"
   * @param bootstrap nodes to begin with
   * @param options of the session and of all its calls; `options.name` only where `name` is a class
   * @throws TypeError for a bootstrap, doh, class or object name that is not valid, RangeError for a timeout,
   *   sessionTtl or proxy out of range; nothing is sent then
   * @example const counter = connect<Counter>("Counter/visits", "127.0.0.1:14000");
   */
  <T>(name: string, bootstrap?: Bootstrap, options?: Options): Remote<T>;
  /**
   * A proxy of one object, on a session of its own. Returns at once; the first call waits for the connection.
   * @param type the class, registered on the replicas under the same name
   * @param bootstrap nodes to begin with
   * @param options of the session and of all its calls
   * @throws TypeError for a bootstrap, doh, class or object name that is not valid, RangeError for a timeout,
   *   sessionTtl or proxy out of range; nothing is sent then
   * @example await using counter = connect(Counter, "127.0.0.1:14000,127.0.0.1:14001");
   */
  <C extends new () => object>(type: C, bootstrap?: Bootstrap, options?: Options): RemoteOf<C>;
}

/**
 * One connection and one session for many objects.
 * @param bootstrap nodes to begin with
 * @param options of the session and of all its calls
 * @throws TypeError for a bootstrap or doh that is not valid, RangeError for a timeout, sessionTtl or proxy out of
 *   range; nothing is sent then
 * @example await using s = openSession("127.0.0.1:14000", { token }); s.object(Counter, "visits");
 */
export type OpenSession = (bootstrap?: Bootstrap, options?: SessionOptions) => Session;
