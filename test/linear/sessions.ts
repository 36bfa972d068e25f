/** Sessions in models: no call of a session takes effect after its end, and the object may hear of that. */
import { type Entry, sessionEnd } from "./history.ts";
import type { Model } from "./linearizable.ts";

/** A model of an object that is told when a session ends. */
export interface Ended<S> extends Model<S> {
  ended(state: S, session: string): S;
}

interface State<S> {
  readonly inner: S;
  /** Sessions that are over. */
  readonly over: readonly string[];
}

/** The same object, called through sessions that end. */
export function withSessions<S>(model: Model<S> | Ended<S>): Model<unknown> {
  const step = ({ inner, over }: State<S>, call: Entry): readonly State<S>[] => {
    const { session, method } = call;
    if (over.includes(session)) return [];
    if (method !== sessionEnd) return model.step(inner, call).map((next) => ({ inner: next, over }));
    const after = "ended" in model ? model.ended(inner, session) : inner;
    return [{ inner: after, over: [...over, session].sort() }];
  };
  const sessions: Model<State<S>> = {
    initial: { inner: model.initial, over: [] },
    knowsCallers: true,
    reads: model.reads,
    step,
    key: ({ inner, over }) => `${model.key(inner)} ${over.join()}`,
    isHopeless: ({ inner }, left) => model.isHopeless?.(inner, left) ?? false,
  };
  return opaque(sessions);
}

/** Nobody but the model looks into its states. */
function opaque<S>(model: Model<S>): Model<unknown> {
  return model as Model<unknown>;
}
