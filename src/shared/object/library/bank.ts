/** Accounts with balances. Departs from the original: nothing is drawn below zero, and no amount is negative. */
import type { Reads } from "../surface.ts";
import { valueError } from "../sync/errors.ts";
import { amount, text } from "./parts/arguments.ts";
import { keyError } from "./parts/errors.ts";

export class Bank {
  static reads = ["balance", "accounts"] satisfies Reads<Bank>;
  private readonly balances = new Map<string, number>();

  /** Opens an account with nothing in it. @returns false when it is open already */
  open(account: string): boolean {
    text(account, "account");
    if (this.balances.has(account)) return false;
    this.balances.set(account, 0);
    return true;
  }

  /** Closes an account, whatever is in it. @throws KeyError when there is no such account */
  close(account: string): boolean {
    this._of(account);
    return this.balances.delete(account);
  }

  /** @returns the new balance. @throws KeyError; VALUE_ERROR unless the amount is finite and 0 or more */
  deposit(account: string, sum: number): number {
    const balance = this._of(account) + amount(sum, "amount");
    if (!Number.isFinite(balance)) throw valueError("the balance would be too large");
    this.balances.set(account, balance);
    return balance;
  }

  /** @returns the new balance; false, and nothing changes, when there is less. @throws as deposit */
  debit(account: string, sum: number): number | false {
    const balance = this._of(account) - amount(sum, "amount");
    if (balance < 0) return false;
    this.balances.set(account, balance);
    return balance;
  }

  /** @throws KeyError when there is no such account */
  balance(account: string): number {
    return this._of(account);
  }

  /** All accounts with their balances, in the order in which they were opened. */
  accounts(): [account: string, balance: number][] {
    return [...this.balances];
  }

  _of(account: string): number {
    const balance = this.balances.get(account);
    if (balance === undefined) throw keyError(`there is no account ${account}`);
    return balance;
  }
}
