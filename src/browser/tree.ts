/**
 * The state of an object as a tree that opens and closes. What is drawn stays and changes in place, so that what is
 * open stays open; what changed is marked for a moment. Closed branches are not drawn.
 */
import type { Tree } from "../shared/server/state-tree.ts";
import { h } from "./dom.ts";

type Branch = Extract<Tree, { readonly e: readonly unknown[] }>;
interface Child {
  /** Stays the same while the child does. */
  readonly key: string;
  readonly label: string;
  readonly tree: Tree;
}

/** One value: a line, and under it those that it holds. */
export class TreeNode {
  readonly element = h("li", {});
  private readonly name = h("span", { class: "key" });
  private readonly value = h("span", { class: "value" });
  private details: HTMLDetailsElement | null = null;
  private list: HTMLUListElement | null = null;
  private readonly children = new Map<string, TreeNode>();
  private shown: string | null = null;
  private tree: Tree = null;

  private readonly open: boolean;

  /** @param open whether it begins open */
  constructor(open: boolean) {
    this.open = open;
  }

  /** @param mark whether a change is marked */
  update(label: string, tree: Tree, mark: boolean): void {
    this.name.textContent = label;
    this.tree = tree;
    const text = JSON.stringify(tree);
    if (text === this.shown) return;
    const changed = mark && this.shown !== null;
    this.shown = text;
    this.value.textContent = textOf(tree);
    this.value.className = `value ${kindOf(tree)}`;
    if (hasChildren(tree)) this.drawBranch(tree, mark);
    else this.drawLeaf();
    // An open branch shows below what changed.
    if (changed && this.details?.open !== true) flash(this.value);
  }

  private drawLeaf(): void {
    if (this.details !== null || this.element.childElementCount === 0)
      this.element.replaceChildren(this.name, this.value);
    this.details = null;
    this.list = null;
    this.children.clear();
  }

  private drawBranch(tree: Branch, mark: boolean): void {
    if (this.details === null) {
      this.list = h("ul", {});
      this.details = h(
        "details",
        this.open ? { open: "" } : {},
        h("summary", {}, this.name, this.value),
        this.list,
      );
      this.details.addEventListener("toggle", () => {
        if (hasChildren(this.tree)) this.drawChildren(this.tree, false);
      });
      this.element.replaceChildren(this.details);
    }
    this.drawChildren(tree, mark);
  }

  private drawChildren(tree: Branch, mark: boolean): void {
    if (this.details?.open !== true || this.list === null) return;
    const isFirst = this.children.size === 0;
    const left = new Set(this.children.keys());
    let at = this.list.firstElementChild;
    for (const { key, label, tree: of } of childrenOf(tree)) {
      const known = this.children.get(key);
      const node = known ?? new TreeNode(false);
      this.children.set(key, node);
      left.delete(key);
      node.update(label, of, mark);
      if (known === undefined && mark && !isFirst) flash(node.value);
      if (at === node.element) at = at.nextElementSibling;
      else this.list.insertBefore(node.element, at);
    }
    for (const key of left) {
      this.children.get(key)?.element.remove();
      this.children.delete(key);
    }
    this.drawRest(tree.n - tree.e.length);
  }

  private drawRest(rest: number): void {
    this.list?.querySelector(":scope > .rest")?.remove();
    if (rest > 0) this.list?.append(h("li", { class: "rest" }, `and ${rest.toLocaleString("en")} more`));
  }
}

function flash(element: HTMLElement): void {
  element.classList.remove("changed");
  // Read, so that the animation begins anew.
  void element.offsetWidth;
  element.classList.add("changed");
}

function hasChildren(tree: Tree): tree is Branch {
  return typeof tree === "object" && tree !== null && "e" in tree && tree.e.length > 0;
}

function childrenOf(tree: Branch): readonly Child[] {
  switch (tree.t) {
    case "list":
      return tree.e.map((of, i) => ({ key: String(i), label: tree.c === "Set" ? "" : String(i), tree: of }));
    case "map":
      return tree.e.map(([k, of]) => ({ key: JSON.stringify(k), label: textOf(k), tree: of }));
    default:
      return tree.e.map(([key, of]) => ({ key, label: key, tree: of }));
  }
}

function kindOf(tree: Tree): string {
  if (tree === null || typeof tree !== "object") return tree === null ? "word" : typeof tree;
  return tree.t === "text" ? "string" : tree.t;
}

function textOf(tree: Tree): string {
  if (tree === null || typeof tree !== "object") return JSON.stringify(tree);
  switch (tree.t) {
    case "word":
      return tree.v;
    case "text":
      return `${JSON.stringify(tree.v)}… ${tree.n} characters`;
    case "bytes": {
      const shown = tree.v.replace(/..(?=.)/g, "$& ");
      return `${tree.c} ${tree.n} bytes ${shown}${2 * tree.n > tree.v.length ? " …" : ""}`;
    }
    case "list":
      return tree.c === "Array" ? `[${tree.n}]` : `${tree.c} (${tree.n})`;
    case "map":
      return `${tree.c} (${tree.n})`;
    default:
      return tree.n === 0 ? `${tree.c} {}` : `${tree.c === "" ? "" : `${tree.c} `}{${tree.n}}`;
  }
}
