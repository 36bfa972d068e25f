/** What a queue, a stack, a counter and a bank do, call by call, written from their documentation (docs/objects.md). */
import type { Entry } from "./history.ts";
import { type Model, threw, told } from "./linearizable.ts";
import { mayGiveUp } from "./models-sync.ts";
import { withSessions } from "./sessions.ts";

type Items = readonly unknown[];

/**
 * Who comes first goes first: when somebody is yet to get an item that is in the queue now, all before it must have
 * been got by calls that were made before that one was answered.
 */
function isOvertaken(items: Items, left: readonly Entry[]): boolean {
  const gets = left.filter(({ method }) => method.startsWith("get"));
  const again = new Set(left.filter(({ method }) => method.startsWith("put")).map(({ args }) => args[0]));
  const takers = items.map((item) =>
    gets.filter(({ outcome: of }) => of.type === "unknown" || (of.type === "value" && of.value === item)),
  );
  return items.some((item, i) => {
    const taker = takers[i]?.find(({ outcome }) => outcome.type !== "unknown");
    if (taker === undefined || again.has(item) || items.indexOf(item) < i) return false;
    return takers.slice(0, i).some((others) => others.every(({ made }) => made > taker.answered));
  });
}

/** @param size most items that it holds; 0 is no limit */
export function queueModel(size: number): Model<unknown> {
  const isFull = (items: Items) => size > 0 && items.length >= size;
  const put = (items: Items, call: Entry, gives: boolean) => {
    if (!isFull(items)) return told(call, undefined, [...items, call.args[0]]);
    return gives ? threw(call, "Full", items) : [];
  };
  const get = (items: Items, call: Entry, gives: boolean) => {
    if (items.length > 0) return told(call, items[0], items.slice(1));
    return gives ? threw(call, "Empty", items) : [];
  };
  return withSessions<Items>({
    initial: [],
    knowsCallers: false,
    reads: ["qsize", "empty", "full"],
    step(items, call) {
      switch (call.method) {
        case "put":
          return put(items, call, mayGiveUp(call.args.slice(1)));
        case "put_nowait":
          return put(items, call, true);
        case "get":
          return get(items, call, mayGiveUp(call.args));
        case "get_nowait":
          return get(items, call, true);
        case "qsize":
          return told(call, items.length, items);
        case "empty":
          return told(call, items.length === 0, items);
        case "full":
          return told(call, isFull(items), items);
        default:
          throw new Error(`a queue has no ${call.method}`);
      }
    },
    key: (items) => items.join(),
    isHopeless: isOvertaken,
  });
}

/**
 * An item is out of reach of everybody but those above it: while it stays, all below it stays. So when somebody is yet
 * to see the whole stack with an item that is in it now, and that nobody appends again, all up to there is as it was.
 * Without this the order of many appends at once is guessed again and again, until at last somebody looks.
 */
function isBuried(items: Items, left: readonly Entry[]): boolean {
  const again = new Set(left.filter(({ method }) => method === "append").map(({ args }) => args[0]));
  return left.some(({ method, outcome }) => {
    if (method !== "get_stack" || outcome.type !== "value" || !Array.isArray(outcome.value)) return false;
    const seen: Items = outcome.value;
    const top = items.findLastIndex((item) => seen.includes(item) && !again.has(item));
    return items.slice(0, top + 1).some((item, i) => item !== seen[i]);
  });
}

export const stackModel: Model<unknown> = withSessions<Items>({
  initial: [],
  knowsCallers: false,
  reads: ["peek", "get_size", "get_stack"],
  step(items, call) {
    switch (call.method) {
      case "append":
        return told(call, undefined, [...items, call.args[0]]);
      case "pop":
        return items.length === 0
          ? threw(call, "IndexError", items)
          : told(call, items.at(-1), items.slice(0, -1));
      case "peek":
        return items.length === 0 ? threw(call, "IndexError", items) : told(call, items.at(-1), items);
      case "get_size":
        return told(call, items.length, items);
      case "get_stack":
        return told(call, items, items);
      default:
        throw new Error(`a stack has no ${call.method}`);
    }
  },
  key: (items) => items.join(),
  isHopeless: isBuried,
});

export const counterModel: Model<unknown> = withSessions<number>({
  initial: 0,
  knowsCallers: false,
  reads: ["getvalue"],
  step(value, call) {
    switch (call.method) {
      case "increment":
        return told(call, undefined, value + 1);
      case "decrement":
        return told(call, undefined, value - 1);
      case "getvalue":
        return told(call, value, value);
      default:
        throw new Error(`a counter has no ${call.method}`);
    }
  },
  key: String,
});

/** In the order in which they were opened. */
type Accounts = readonly (readonly [account: unknown, balance: number])[];

function withBalance(accounts: Accounts, account: unknown, balance: number): Accounts {
  return accounts.map((entry) => (entry[0] === account ? ([account, balance] as const) : entry));
}

export const bankModel: Model<unknown> = withSessions<Accounts>({
  initial: [],
  knowsCallers: false,
  reads: ["accounts", "balance"],
  step(accounts, call) {
    const [account, sum] = call.args;
    if (call.method === "accounts") return told(call, accounts, accounts);
    const balance = accounts.find(([name]) => name === account)?.[1];
    if (call.method === "open")
      return told(
        call,
        balance === undefined,
        balance === undefined ? [...accounts, [account, 0]] : accounts,
      );
    if (balance === undefined) return threw(call, "KeyError", accounts);
    const amount = typeof sum === "number" ? sum : 0;
    switch (call.method) {
      case "close":
        return told(
          call,
          true,
          accounts.filter(([name]) => name !== account),
        );
      case "deposit":
        return told(call, balance + amount, withBalance(accounts, account, balance + amount));
      case "debit":
        if (balance < amount) return told(call, false, accounts);
        return told(call, balance - amount, withBalance(accounts, account, balance - amount));
      case "balance":
        return told(call, balance, accounts);
      default:
        throw new Error(`a bank has no ${call.method}`);
    }
  },
  key: JSON.stringify,
});
