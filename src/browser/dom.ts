/** Elements in one expression; text goes in as text, never as markup. */

type Child = Node | string | null;

/**
 * @param attributes "" sets a flag, null leaves it out
 * @example h("p", { class: "note" }, "3 members")
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | null>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(name, value);
  }
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** The element with this id; the page's own markup has it. */
export function byId<E extends Element>(id: string, type: new () => E): E {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${id}`);
  return element;
}

const drawn = new Map<string, string>();

/** Draws a part anew only when its data changed, so that nothing flickers and the focus stays. */
export function part(id: string, data: unknown, draw: () => readonly Node[]): void {
  const key = JSON.stringify(data);
  if (drawn.get(id) === key) return;
  drawn.set(id, key);
  byId(id, HTMLElement).replaceChildren(...draw());
}

/** Writing the same text again would make screen readers say it again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** One row of a table. */
export function row(...cells: readonly (Node | string)[]): HTMLTableRowElement {
  return h(
    "tr",
    {},
    ...cells.map((cell) => (cell instanceof HTMLTableCellElement ? cell : h("td", {}, cell))),
  );
}

/** A cell of a class. */
export function cell(kind: string, ...children: readonly Child[]): HTMLTableCellElement {
  return h("td", { class: kind }, ...children);
}

/** What stands where a list is empty. */
export function nothing(text: string): HTMLElement {
  return h("p", { class: "empty" }, text);
}
