/** A doubly linked list: cheap at both ends, and in between as cheap as the nearer end is near. */
import type { Reads } from "../surface.ts";
import { countOf } from "../sync/arguments.ts";
import { indexError } from "./parts/errors.ts";
import { same } from "./parts/same.ts";

export class ListNode<T = unknown> {
  value: T;
  previous: ListNode<T> | null = null;
  next: ListNode<T> | null = null;

  constructor(value: T) {
    this.value = value;
  }
}

export class LinkedList<T = unknown> {
  static reads = ["get", "index", "get_size", "get_list"] satisfies Reads<LinkedList>;
  private head: ListNode<T> | null = null;
  private tail: ListNode<T> | null = null;
  private size = 0;

  append(value: T): void {
    this._insertBefore(null, value);
  }

  prepend(value: T): void {
    this._insertBefore(this.head, value);
  }

  /** Inserts before place `at`, of which 0 is the first. @throws VALUE_ERROR; IndexError beyond the end */
  insert(at: number, value: T): void {
    this._insertBefore(countOf("index", at, 0) === this.size ? null : this._node(at), value);
  }

  /** @throws IndexError when the list is empty */
  pop(): T {
    return this._take(this.tail);
  }

  /** @throws IndexError when the list is empty */
  pop_first(): T {
    return this._take(this.head);
  }

  /** The value at place `at`. @throws VALUE_ERROR; IndexError when there is none */
  get(at: number): T {
    return this._node(countOf("index", at, 0)).value;
  }

  /** The place of the first value that says the same as this one; -1 when none does. */
  index(value: T): number {
    let place = 0;
    for (let at = this.head; at !== null; at = at.next, place++) if (same(at.value, value)) return place;
    return -1;
  }

  /** Removes the first value that says the same as this one. @returns false when none does */
  remove(value: T): boolean {
    const place = this.index(value);
    if (place >= 0) this._take(this._node(place));
    return place >= 0;
  }

  get_size(): number {
    return this.size;
  }

  get_list(): T[] {
    const values: T[] = [];
    for (let at = this.head; at !== null; at = at.next) values.push(at.value);
    return values;
  }

  _node(place: number): ListNode<T> {
    const near = place < this.size / 2;
    let at = near ? this.head : this.tail;
    for (let n = near ? place : this.size - 1 - place; n > 0; n--)
      at = (near ? at?.next : at?.previous) ?? null;
    if (at === null || place >= this.size) throw indexError(`the list has no place ${place}`);
    return at;
  }

  /** Before null is at the end. */
  _insertBefore(next: ListNode<T> | null, value: T): void {
    const node = new ListNode(value);
    node.next = next;
    node.previous = next === null ? this.tail : next.previous;
    if (node.previous === null) this.head = node;
    else node.previous.next = node;
    if (next === null) this.tail = node;
    else next.previous = node;
    this.size += 1;
  }

  _take(node: ListNode<T> | null): T {
    if (node === null) throw indexError("the list is empty");
    if (node.previous === null) this.head = node.next;
    else node.previous.next = node.next;
    if (node.next === null) this.tail = node.previous;
    else node.next.previous = node.previous;
    this.size -= 1;
    return node.value;
  }
}
