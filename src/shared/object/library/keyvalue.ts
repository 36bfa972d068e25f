/**
 * Values by key, sorted, with compare-and-set and a time to live. Time is log time: nothing runs out while the cluster
 * has no leader. A value is anything but null, which stands for "there is none".
 */
import { invocation } from "../invocation.ts";
import type { Reads } from "../surface.ts";
import { valueError } from "../sync/errors.ts";
import { amount, text } from "./parts/arguments.ts";
import { same } from "./parts/same.ts";
import { RedBlackTree } from "./redblacktree.ts";

export interface Entry<T> {
  readonly value: T;
  /** The log time, in ms, from which on it is gone; null is never. */
  readonly due: number | null;
}

export interface KeyAndValue<T> {
  readonly key: string;
  readonly value: T;
}

export class KeyValue<T = unknown> {
  static reads = ["get", "list", "ttl", "size"] satisfies Reads<KeyValue>;
  private readonly entries = new RedBlackTree<Entry<T>>();
  /** The keys that run out, by the log time at which they do. Invariant: those of `entries` with a due time. */
  private readonly dues = new RedBlackTree<Set<string>>();

  /** @returns null when there is none */
  get(key: string): T | null {
    return this._entry(text(key, "key"))?.value ?? null;
  }

  /**
   * Puts a value under a key, in the place of the one that was there and of its time to live.
   *
   * @param ttl ms of log time after which it is gone; absent is never
   * @throws VALUE_ERROR for an empty key, null as value, or a ttl that is not a finite number above 0
   */
  put(key: string, value: T, ttl?: number | null): void {
    this._set(text(key, "key"), present(value), dueAfter(ttl));
  }

  /** @returns whether there was one */
  delete(key: string): boolean {
    return this._set(text(key, "key"), null, null);
  }

  /** The keys that begin with `prefix`, with their values, in the order of keys. */
  list(prefix = ""): KeyAndValue<T>[] {
    const found: KeyAndValue<T>[] = [];
    const now = invocation().logTime;
    for (const node of this.entries._from(prefix)) {
      const key = String(node.key);
      if (!key.startsWith(prefix)) break;
      if (isLive(node.value, now)) found.push({ key, value: node.value.value });
    }
    return found;
  }

  /**
   * Puts `next` if the value is `expected`, by what they say (parts/same.ts). With null as `expected` it only creates,
   * with null as `next` it deletes.
   *
   * @returns whether it was as expected, and so is done
   * @throws VALUE_ERROR as put
   */
  compareAndSet(key: string, expected: T | null, next: T | null, ttl?: number | null): boolean {
    const due = dueAfter(ttl);
    if (!same(this.get(key), expected ?? null)) return false;
    this._set(key, next ?? null, due);
    return true;
  }

  /** Milliseconds of log time until it is gone; null when it stays, or there is none. */
  ttl(key: string): number | null {
    const due = this._entry(text(key, "key"))?.due ?? null;
    return due === null ? null : due - invocation().logTime;
  }

  /** How many keys there are. */
  size(): number {
    let gone = 0;
    for (const { key: due, value: keys } of this.dues._from(null)) {
      if (Number(due) > invocation().logTime) break;
      gone += keys.size;
    }
    return this.entries.get_size() - gone;
  }

  _entry(key: string): Entry<T> | null {
    const entry = this.entries.find(key);
    return entry !== null && isLive(entry, invocation().logTime) ? entry : null;
  }

  /** Sets or, with null, deletes, after all that is due has gone. @returns whether there was a value */
  _set(key: string, value: T | null, due: number | null): boolean {
    this._sweep();
    const before = this.entries.find(key);
    if (before !== null) this._forget(key, before);
    if (value === null) return before !== null;
    this.entries.insert(key, { value, due });
    if (due === null) return before !== null;
    const together = this.dues.find(due);
    if (together === null) this.dues.insert(due, new Set([key]));
    else together.add(key);
    return before !== null;
  }

  _sweep(): void {
    const now = invocation().logTime;
    for (let due = this.dues.get_min(); due !== null && Number(due) <= now; due = this.dues.get_min()) {
      for (const key of this.dues.find(due) ?? []) this.entries.delete(key);
      this.dues.delete(due);
    }
  }

  _forget(key: string, { due }: Entry<T>): void {
    this.entries.delete(key);
    if (due === null) return;
    const together = this.dues.find(due);
    together?.delete(key);
    if (together?.size === 0) this.dues.delete(due);
  }
}

function isLive(entry: Entry<unknown>, now: number): boolean {
  return entry.due === null || entry.due > now;
}

function present<T>(value: T): T {
  if (value === null || value === undefined) throw valueError("null stands for no value: delete the key");
  return value;
}

function dueAfter(ttl: number | null | undefined): number | null {
  if (ttl === null || ttl === undefined) return null;
  if (amount(ttl, "ttl") === 0) throw valueError("ttl must be more than 0 ms");
  return invocation().logTime + ttl;
}
