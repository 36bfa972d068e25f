/** Trees against a sorted list, and the red-black tree against what makes it one. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BinaryTree } from "../../src/shared/object/library/binarytree.ts";
import { LinkedList } from "../../src/shared/object/library/linkedlist.ts";
import { compare, type Key } from "../../src/shared/object/library/parts/order.ts";
import { type RedBlackNode, RedBlackTree } from "../../src/shared/object/library/redblacktree.ts";

/** Few keys, so that they meet; numbers and texts. */
const keys = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom("a", "b", "ab", "", "é"));
const steps = fc.array(
  fc.record({
    key: keys,
    adds: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 2, arbitrary: fc.constant(false) }),
  }),
  { maxLength: 200 },
);

/** Checks a subtree. @returns how many black nodes are on each way down */
function blackHeight(node: RedBlackNode | null, parent: RedBlackNode | null): number {
  if (node === null) return 1;
  expect(node.parent).toBe(parent);
  if (node.red) expect(parent?.red ?? true, "a red node has a black parent").toBe(false);
  const left = blackHeight(node.left, node);
  expect(blackHeight(node.right, node), "all ways down have as many black nodes").toBe(left);
  return left + (node.red ? 0 : 1);
}

function expectRedBlack(tree: RedBlackTree): void {
  const root: RedBlackNode | null = Reflect.get(tree, "root");
  blackHeight(root, null);
  expect(tree.get_depth()).toBeLessThanOrEqual(2 * Math.log2(tree.get_size() + 1));
}

describe("RedBlackTree", () => {
  test("is a sorted dictionary, and red-black after every step", () => {
    fc.assert(
      fc.property(steps, keys, keys, (list, from, to) => {
        const tree = new RedBlackTree<number>();
        const model = new Map<Key, number>();
        for (const [i, { key, adds }] of list.entries()) {
          expect(adds ? tree.insert(key, i) : tree.delete(key)).toBe(
            adds ? !model.has(key) : model.delete(key),
          );
          if (adds) model.set(key, i);
          expectRedBlack(tree);
        }
        const sorted = [...model].sort(([a], [b]) => compare(a, b));
        expect(tree.list()).toEqual(sorted);
        expect(tree.get_size()).toBe(model.size);
        expect([tree.get_min(), tree.get_max()]).toEqual([
          sorted.at(0)?.[0] ?? null,
          sorted.at(-1)?.[0] ?? null,
        ]);
        expect(tree.find(from)).toBe(model.get(from) ?? null);
        const between = sorted.filter(([key]) => compare(key, from) >= 0 && compare(key, to) < 0);
        expect(tree.list(from, to)).toEqual(between);
      }),
      { numRuns: 300 },
    );
  });

  test("stays flat when keys come in order, and empties", () => {
    const tree = new RedBlackTree<null>();
    for (let i = 0; i < 2_000; i++) tree.insert(i, null);
    expectRedBlack(tree);
    for (let i = 0; i < 2_000; i += 2) tree.delete(i);
    expectRedBlack(tree);
    for (let i = 1_999; i > 0; i -= 2) tree.delete(i);
    expect([tree.get_size(), tree.list(), tree.get_depth()]).toEqual([0, [], 0]);
  });
});

describe("BinaryTree", () => {
  test("is a sorted list", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const tree = new BinaryTree();
        const model: Key[] = [];
        for (const { key, adds } of list) {
          const at = model.indexOf(key);
          if (adds) {
            tree.insert(key);
            model.push(key);
          } else {
            expect(tree.delete(key)).toBe(at >= 0);
            if (at >= 0) model.splice(at, 1);
          }
          expect(tree.find(key)).toBe(model.includes(key));
          expect(tree.list()).toEqual(model.sort(compare));
        }
        expect([tree.get_size(), tree.get_min(), tree.get_max()]).toEqual([
          model.length,
          model.at(0) ?? null,
          model.at(-1) ?? null,
        ]);
        expect(tree.get_depth()).toBeLessThanOrEqual(model.length);
      }),
      { numRuns: 300 },
    );
  });

  test("is as deep as what came in order, without running out of stack", () => {
    const tree = new BinaryTree();
    for (let i = 0; i < 3_000; i++) tree.add_node(i);
    expect([tree.get_depth(), tree.list().length]).toEqual([3_000, 3_000]);
  });
});

describe("LinkedList", () => {
  test("is a list", () => {
    const step = fc.tuple(
      fc.constantFrom("append", "prepend", "insert", "pop", "pop_first", "remove"),
      fc.nat(9),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (list) => {
        const linked = new LinkedList<number>();
        const model: number[] = [];
        for (const [method, n] of list) play(linked, model, method, n);
        expect(linked.get_list()).toEqual(model);
        expect(model.map((_, i) => linked.get(i))).toEqual(model);
        expect(linked.get_size()).toBe(model.length);
        while (model.length > 0) expect(linked.pop()).toBe(model.pop());
      }),
      { numRuns: 300 },
    );
  });
});

function play(list: LinkedList<number>, model: number[], method: string, n: number): void {
  switch (method) {
    case "append":
      model.push(n);
      return list.append(n);
    case "prepend":
      model.unshift(n);
      return list.prepend(n);
    case "remove": {
      const at = model.indexOf(n);
      expect(list.remove(n)).toBe(at >= 0);
      if (at >= 0) model.splice(at, 1);
      return;
    }
    case "insert":
      if (n > model.length) return expect(() => list.insert(n, n)).toThrow("no place");
      model.splice(n, 0, n);
      return list.insert(n, n);
    default: {
      const take = () => (method === "pop" ? list.pop() : list.pop_first());
      if (model.length === 0) expect(take).toThrow("the list is empty");
      else expect(take()).toBe(method === "pop" ? model.pop() : model.shift());
    }
  }
}
