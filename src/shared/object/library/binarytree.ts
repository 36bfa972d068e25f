/**
 * A binary search tree, as it grows: nothing balances it. Departs from the original: the tree keeps its root itself, so
 * that no method takes one, and `delete` deletes. Equal values go left, as before.
 */
import type { Reads } from "../surface.ts";
import { compare, type Key, key } from "./parts/order.ts";

export class TreeNode {
  data: Key;
  left: TreeNode | null = null;
  right: TreeNode | null = null;

  constructor(data: Key) {
    this.data = data;
  }
}

type Side = "left" | "right";

function sideOf(data: Key, node: TreeNode): Side {
  return compare(data, node.data) > 0 ? "right" : "left";
}

export class BinaryTree {
  static reads = ["find", "get_min", "get_max", "get_depth", "get_size", "list"] satisfies Reads<BinaryTree>;
  private root: TreeNode | null = null;
  private size = 0;

  /** @throws VALUE_ERROR for what is no number and no text */
  add_node(data: Key): void {
    const node = new TreeNode(key(data));
    this.size += 1;
    let at = this.root;
    if (at === null) this.root = node;
    while (at !== null) {
      const side = sideOf(data, at);
      const below: TreeNode | null = at[side];
      if (below === null) at[side] = node;
      at = below;
    }
  }

  /** The same as `add_node`. */
  insert(data: Key): void {
    this.add_node(data);
  }

  find(target: Key): boolean {
    key(target);
    let at = this.root;
    while (at !== null && compare(target, at.data) !== 0) at = at[sideOf(target, at)];
    return at !== null;
  }

  /** Deletes one of the values that are equal to `target`. @returns false when there is none */
  delete(target: Key): boolean {
    key(target);
    let parent: TreeNode | null = null;
    let at = this.root;
    while (at !== null && compare(target, at.data) !== 0) {
      parent = at;
      at = at[sideOf(target, at)];
    }
    if (at === null) return false;
    this.size -= 1;
    if (at.left === null || at.right === null) this._replace(parent, at, at.left ?? at.right);
    else at.data = this._takeMax(at, at.left);
    return true;
  }

  /** @returns null when the tree is empty */
  get_min(): Key | null {
    let at = this.root;
    while (at !== null && at.left !== null) at = at.left;
    return at?.data ?? null;
  }

  /** @returns null when the tree is empty */
  get_max(): Key | null {
    let at = this.root;
    while (at !== null && at.right !== null) at = at.right;
    return at?.data ?? null;
  }

  /** Nodes on the longest way down from the root; 0 when the tree is empty. */
  get_depth(): number {
    let depth = 0;
    let level = this.root === null ? [] : [this.root];
    for (; level.length > 0; depth++) {
      level = level.flatMap(({ left, right }) => [left, right]).filter((node) => node !== null);
    }
    return depth;
  }

  get_size(): number {
    return this.size;
  }

  /** All values in their order. */
  list(): Key[] {
    const found: Key[] = [];
    const above: TreeNode[] = [];
    let at = this.root;
    // Without recursion: a tree that grew in order is as deep as it is large.
    for (;;) {
      for (; at !== null; at = at.left) above.push(at);
      const node = above.pop();
      if (node === undefined) return found;
      found.push(node.data);
      at = node.right;
    }
  }

  /** Takes the largest value below `top` out of the tree: where equal values go left, it has no equal on its right. */
  _takeMax(above: TreeNode, top: TreeNode): Key {
    let parent = above;
    let at = top;
    while (at.right !== null) {
      parent = at;
      at = at.right;
    }
    this._replace(parent, at, at.left);
    return at.data;
  }

  _replace(parent: TreeNode | null, node: TreeNode, by: TreeNode | null): void {
    if (parent === null) this.root = by;
    else if (parent.left === node) parent.left = by;
    else parent.right = by;
  }
}
