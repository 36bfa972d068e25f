/** What programs see of live objects. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Bootstrap, Calls, Options, Session, session } from "../client/types.ts";
import type { InputKind } from "../object/input.ts";
import type { Constructor } from "../object/registry.ts";
import type { SessionId } from "../object/types.ts";

type Changing = "copyWithin" | "fill" | "reverse" | "set" | "sort";

/** A deeply read-only `T`. */
export type Frozen<T> = T extends (...args: never) => unknown
  ? T
  : T extends Date
    ? Omit<T, `set${string}`>
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<Frozen<K>, Frozen<V>>
      : T extends ReadonlySet<infer V>
        ? ReadonlySet<Frozen<V>>
        : T extends ArrayBufferView
          ? Omit<T, Changing>
          : T extends object
            ? { readonly [K in keyof T]: Frozen<T[K]> }
            : T;

/** An input that the cluster executed on the object. */
export interface Change {
  readonly kind: InputKind;
  /** Where it stands: in the log, and among the inputs of the object in that slot. */
  readonly slot: number;
  readonly at: number;
  /** How many calls the cluster executed before it. */
  readonly index: number;
  /** Who called; else whose call is over, or whose session ended. */
  readonly session: SessionId;
  readonly user: string | null;
  /** Of the call; 0 for a session. */
  readonly seq: number;
  /** null where nothing was called. */
  readonly method: string | null;
  readonly args: readonly unknown[];
  /** Agreed wall-clock milliseconds since 1970. */
  readonly now: number;
  readonly logTime: number;
}

/**
 * The program was connected to a node that did not know all inputs that it missed: the state is that after `slot`, and
 * what happened in between is not told.
 */
export interface Gap {
  readonly kind: "gap";
  readonly slot: number;
}

/** What waits for aborts, as the platform has it. */
interface ChangesOptions {
  /** Ends the iteration when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** An object of the cluster, followed as it changes. */
export interface Live<T> extends AsyncDisposable {
  /**
   * A deeply read-only copy, made when it is read after a change; parts that did not change are the same as before.
   * Calls of this program show at once, before they are confirmed. Until `ready` it is what `new Class()` makes.
   */
  readonly state: Frozen<T>;
  /** The methods, called through the log. The promises settle when the log has answered. */
  readonly calls: Calls<T>;
  /** All confirmed inputs up to this slot of the log are in the state. */
  readonly slot: number;
  /** Resolves when the state is the object's. Rejects with a ConcoordError when the object cannot be watched. */
  readonly ready: Promise<void>;
  /** The session of the calls. It tells of the connection, and `diverged` when this copy differed from the replica's. */
  readonly [session]: Session;
  /** Calls back after changes of the state. @returns what ends that */
  readonly subscribe: (changed: () => void) => () => void;
  /** The state. Bound, as `subscribe` is: `useSyncExternalStore(chat.subscribe, chat.snapshot)`. */
  readonly snapshot: () => Frozen<T>;
  /**
   * The confirmed inputs from now on, in their order, each once.
   * @example for await (const { method, args } of chat.changes()) show(method, args);
   */
  changes(options?: ChangesOptions): AsyncIterableIterator<Change | Gap>;
  /** Follows it no more. Never rejects. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface LiveClasses {
  /** Classes whose instances the state may come to hold, beside those that `new Class()` holds. */
  readonly classes?: readonly Constructor[] | undefined;
}

export interface LiveOptions extends Options, LiveClasses {}

/**
 * Follows an object, on a session of its own.
 * @param type the class, with the same code as on the replicas
 * @param bootstrap nodes to begin with
 * @param options of the session and of all its calls
 * @throws as `connect`
 * @example await using chat = live(Chat, "127.0.0.1:14000"); chat.subscribe(() => show(chat.state.lines));
 */
export type LiveFunction = <C extends new () => object>(
  type: C,
  bootstrap?: Bootstrap,
  options?: LiveOptions,
) => Live<InstanceType<C>>;

/** A session that follows objects, too. */
export type LiveSession = Session & {
  /**
   * Follows an object; its disposal leaves the session open.
   * @param name which object of the class: "main" unless given
   * @throws TypeError for a class or object name that is not valid
   * @example await using lobby = session.live(Chat, "lobby");
   */
  live<C extends new () => object>(type: C, name?: string, options?: LiveClasses): Live<InstanceType<C>>;
};
