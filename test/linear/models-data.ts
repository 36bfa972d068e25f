/** What a queue, a stack, a counter and a bank do, call by call, written from their documentation (docs/objects.md). */
import type { Entry } from "./history.ts";
import { type Model, threw, told } from "./linearizable.ts";
import { mayGiveUp } from "./models-sync.ts";
import { withSessions } from "./sessions.ts";

type Items = readonly unknown[];

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
  });
}

export const stackModel: Model<unknown> = withSessions<Items>({
  initial: [],
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
});

export const counterModel: Model<unknown> = withSessions<number>({
  initial: 0,
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
