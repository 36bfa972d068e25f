/**
 * A sorted dictionary as a red-black tree: its depth stays below twice the logarithm of its size (Guibas and Sedgewick
 * 1978; insertion and deletion in the form of Cormen et al., Introduction to Algorithms, chapter 13, with null for the
 * leaves). Methods that only the library calls begin with an underscore.
 */
import type { Reads } from "../surface.ts";
import { compare, type Key, key } from "./parts/order.ts";

export class RedBlackNode<T = unknown> {
  key: Key;
  value: T;
  red = true;
  parent: RedBlackNode<T> | null = null;
  left: RedBlackNode<T> | null = null;
  right: RedBlackNode<T> | null = null;

  constructor(of: Key, value: T) {
    this.key = of;
    this.value = value;
  }
}

type Side = "left" | "right";

function other(side: Side): Side {
  return side === "left" ? "right" : "left";
}

function isRed<T>(node: RedBlackNode<T> | null): boolean {
  return node?.red === true;
}

/** The end of the tree below `node` on one side. */
function endOf<T>(node: RedBlackNode<T>, side: Side): RedBlackNode<T> {
  let at = node;
  for (let below = at[side]; below !== null; below = at[side]) at = below;
  return at;
}

/** The node behind `node` in the order of keys. */
function successor<T>(node: RedBlackNode<T>): RedBlackNode<T> | null {
  if (node.right !== null) return endOf(node.right, "left");
  let at = node;
  while (at.parent !== null && at.parent.right === at) at = at.parent;
  return at.parent;
}

export class RedBlackTree<T = unknown> {
  static reads = [
    "find",
    "contains",
    "get_min",
    "get_max",
    "get_depth",
    "get_size",
    "list",
  ] satisfies Reads<RedBlackTree>;
  private root: RedBlackNode<T> | null = null;
  private size = 0;

  /**
   * Puts a value under a key, in the place of the one that was there.
   *
   * @returns whether the key is new
   * @throws VALUE_ERROR for a key that is no number and no text
   */
  insert(of: Key, value: T): boolean {
    key(of);
    let parent: RedBlackNode<T> | null = null;
    let side: Side = "left";
    for (let at = this.root; at !== null; at = at[side]) {
      const order = compare(of, at.key);
      if (order === 0) {
        at.value = value;
        return false;
      }
      parent = at;
      side = order < 0 ? "left" : "right";
    }
    const node = new RedBlackNode(of, value);
    node.parent = parent;
    if (parent === null) this.root = node;
    else parent[side] = node;
    this.size += 1;
    this._afterInsert(node);
    return true;
  }

  /** The value under a key; null when there is none. */
  find(of: Key): T | null {
    return this._node(of)?.value ?? null;
  }

  contains(of: Key): boolean {
    return this._node(of) !== null;
  }

  /** @returns false when there was no such key */
  delete(of: Key): boolean {
    const node = this._node(of);
    if (node === null) return false;
    this._unlink(node);
    this.size -= 1;
    return true;
  }

  /** The first key; null when the tree is empty. */
  get_min(): Key | null {
    return this.root === null ? null : endOf(this.root, "left").key;
  }

  /** The last key; null when the tree is empty. */
  get_max(): Key | null {
    return this.root === null ? null : endOf(this.root, "right").key;
  }

  /** Nodes on the longest way down from the root; 0 when the tree is empty. */
  get_depth(): number {
    const depth = (node: RedBlackNode<T> | null): number =>
      node === null ? 0 : 1 + Math.max(depth(node.left), depth(node.right));
    return depth(this.root);
  }

  get_size(): number {
    return this.size;
  }

  /** Keys and values in the order of keys: from the key `from` on, up to, not including, `to`; null is no bound. */
  list(from: Key | null = null, to: Key | null = null): [key: Key, value: T][] {
    if (to !== null) key(to);
    const found: [Key, T][] = [];
    for (const node of this._from(from)) {
      if (to !== null && compare(node.key, to) >= 0) break;
      found.push([node.key, node.value]);
    }
    return found;
  }

  /** The nodes from the key `from` on. */
  *_from(from: Key | null): Generator<RedBlackNode<T>, void> {
    let at: RedBlackNode<T> | null = this._ceiling(from);
    for (; at !== null; at = successor(at)) yield at;
  }

  /** The first node that is not before `from`. */
  _ceiling(from: Key | null): RedBlackNode<T> | null {
    if (from !== null) key(from);
    let found: RedBlackNode<T> | null = null;
    let at = this.root;
    while (at !== null) {
      const before = from !== null && compare(at.key, from) < 0;
      if (!before) found = at;
      at = before ? at.right : at.left;
    }
    return found;
  }

  _node(of: Key): RedBlackNode<T> | null {
    key(of);
    let at = this.root;
    for (;;) {
      if (at === null) return null;
      const order = compare(of, at.key);
      if (order === 0) return at;
      at = order < 0 ? at.left : at.right;
    }
  }

  /** Puts `by` in the place of `node`, with all that is below it. */
  _replace(node: RedBlackNode<T>, by: RedBlackNode<T> | null): void {
    const { parent } = node;
    if (parent === null) this.root = by;
    else parent[parent.left === node ? "left" : "right"] = by;
    if (by !== null) by.parent = parent;
  }

  /** Turns `node` down to its `side`; its child of the other side takes its place. */
  _rotate(node: RedBlackNode<T>, side: Side): void {
    const far = other(side);
    const near = other(far);
    const child = node[far];
    if (child === null) return;
    const inner = child[near];
    node[far] = inner;
    if (inner !== null) inner.parent = node;
    this._replace(node, child);
    child[near] = node;
    node.parent = child;
  }

  /** A red node below a red one: the two are coloured or turned until none is left. */
  _afterInsert(inserted: RedBlackNode<T>): void {
    let node = inserted;
    for (let { parent } = node; parent?.red === true && parent.parent !== null; { parent } = node) {
      const grand = parent.parent;
      const side: Side = grand.left === parent ? "left" : "right";
      const uncle = grand[other(side)];
      if (uncle?.red === true) {
        parent.red = false;
        uncle.red = false;
        grand.red = true;
        node = grand;
        continue;
      }
      if (parent[other(side)] === node) {
        this._rotate(parent, side);
        [node, parent] = [parent, node];
      }
      parent.red = false;
      grand.red = true;
      this._rotate(grand, other(side));
    }
    if (this.root !== null) this.root.red = false;
  }

  /** Takes a node out; with two children, the one behind it takes its place and its colour. */
  _unlink(node: RedBlackNode<T>): void {
    if (node.left === null || node.right === null) {
      const { parent } = node;
      const side: Side = parent?.left === node ? "left" : "right";
      const child = node.left ?? node.right;
      this._replace(node, child);
      if (!node.red) this._afterUnlink(child, parent, side);
      return;
    }
    const next = endOf(node.right, "left");
    const { red } = next;
    const below = next.right;
    const far = next.parent !== node;
    const parent = far ? next.parent : next;
    if (far) {
      this._replace(next, below);
      next.right = node.right;
      next.right.parent = next;
    }
    this._replace(node, next);
    next.left = node.left;
    next.left.parent = next;
    next.red = node.red;
    if (!red) this._afterUnlink(below, parent, far ? "left" : "right");
  }

  /** On the `side` of `above` is one black node too few; `at` stands there, and is null where a leaf does. */
  _afterUnlink(at: RedBlackNode<T> | null, above: RedBlackNode<T> | null, on: Side): void {
    let [node, parent, side] = [at, above, on];
    while (parent !== null && !isRed(node)) {
      let sibling = parent[other(side)];
      if (sibling?.red === true) {
        sibling.red = false;
        parent.red = true;
        this._rotate(parent, side);
        sibling = parent[other(side)];
      }
      // It has as many black nodes as are missing here, and one more.
      if (sibling === null) break;
      if (isRed(sibling.left) || isRed(sibling.right)) {
        this._borrow(parent, sibling, side);
        return;
      }
      sibling.red = true;
      node = parent;
      parent = node.parent;
      side = parent?.left === node ? "left" : "right";
    }
    if (node !== null) node.red = false;
  }

  /** The black sibling has a red child: turned, there is a black node for each side. */
  _borrow(parent: RedBlackNode<T>, sibling: RedBlackNode<T>, side: Side): void {
    let top = sibling;
    const far = other(side);
    const near = sibling[other(far)];
    if (near !== null && !isRed(sibling[far])) {
      near.red = false;
      sibling.red = true;
      this._rotate(sibling, other(side));
      top = near;
    }
    top.red = parent.red;
    parent.red = false;
    const outer = top[other(side)];
    if (outer !== null) outer.red = false;
    this._rotate(parent, side);
  }
}
