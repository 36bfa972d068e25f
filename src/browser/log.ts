/** The end of the log: what was called, by whom, and what became of it; newest first. */
import { logTailMax } from "../shared/limits.ts";
import type { LogRow } from "../shared/server/log-tail.ts";
import { byId, cell, h } from "./dom.ts";

const body = byId("log", HTMLTableSectionElement);
const metas = byId("metas", HTMLInputElement);

/** By slot and place in it, oldest first. */
let rows = new Map<string, LogRow>();
let drawn = new Map<string, { readonly row: LogRow; readonly element: HTMLTableRowElement }>();
/** What stands there instead of the newest rows, while the page shows the past. */
let past: readonly LogRow[] | null = null;
/** The slot after which the state is shown; null: the newest one. */
let shownSlot: number | null = null;

/** @param onSlot called with a slot that was chosen */
export function startLog(onSlot: (slot: number) => void): void {
  metas.addEventListener("change", () => draw());
  body.addEventListener("click", (event) => {
    const slot =
      event.target instanceof Element ? event.target.closest("button")?.dataset["slot"] : undefined;
    if (slot !== undefined) onSlot(Number(slot));
  });
}

export function addRows(news: readonly LogRow[]): void {
  for (const row of news) rows.set(keyOf(row), row);
  const all = [...rows.values()].sort((a, b) => a.slot - b.slot || a.at - b.at);
  rows = new Map(all.slice(-logTailMax).map((row) => [keyOf(row), row]));
  if (past === null) draw();
}

/** @param of null: the newest ones again. @param slot the one that is shown */
export function showPastRows(of: readonly LogRow[] | null, slot: number | null): void {
  past = of;
  shownSlot = slot;
  draw();
}

/** ".method" of a call, where the log shows it; else "". */
export function methodOf(session: string, seq: number): string {
  for (const row of rows.values()) if (row.session === session && row.seq === seq) return `.${row.method}`;
  return "";
}

function draw(): void {
  const shown = (past ?? [...rows.values()]).filter((row) => metas.checked || row.object !== "").toReversed();
  const kept: typeof drawn = new Map();
  for (const row of shown) {
    const known = drawn.get(keyOf(row));
    const isNew = known === undefined && drawn.size > 0 && past === null;
    const same = known !== undefined && sameRow(known.row, row);
    kept.set(keyOf(row), same ? known : { row, element: rowOf(row, isNew) });
  }
  drawn = kept;
  for (const { row, element } of kept.values()) element.classList.toggle("at", row.slot === shownSlot);
  place([...kept.values()].map(({ element }) => element));
  byId("log-none", HTMLElement).hidden = shown.length > 0;
}

/** What stays is not touched, so that the focus stays. */
function place(wanted: readonly Element[]): void {
  const kept = new Set(wanted);
  for (const element of [...body.children]) if (!kept.has(element)) element.remove();
  let at = body.firstElementChild;
  for (const element of wanted) {
    if (at === element) at = at.nextElementSibling;
    else body.insertBefore(element, at);
  }
}

function sameRow(a: LogRow, b: LogRow): boolean {
  return a === b || (a.outcome.type === b.outcome.type && a.outcome.text === b.outcome.text);
}

function rowOf(row: LogRow, isNew: boolean): HTMLTableRowElement {
  const name = row.object === "" ? row.method : `${row.object}.${row.method}`;
  const go = {
    type: "button",
    class: "slot",
    "data-slot": String(row.slot),
    title: "Show the state after this slot",
  };
  return h(
    "tr",
    { class: `${row.object === "" ? "meta" : ""} ${isNew ? "new" : ""}` },
    cell("n", h("button", go, String(row.slot))),
    cell(
      "session",
      row.session === "" ? "" : h("code", {}, row.seq === 0 ? row.session : `${row.session} #${row.seq}`),
    ),
    cell("call", h("b", {}, name), h("code", {}, row.object === "" ? ` ${row.args}` : `(${row.args})`)),
    cell(`outcome ${row.outcome.type}`, ...outcomeOf(row)),
  );
}

function outcomeOf({ outcome: { type, text } }: LogRow): readonly (Node | null)[] {
  switch (type) {
    case "none":
      return [];
    case "unknown":
      return [h("small", { title: "its caller has acknowledged it, and it was not seen here" }, "answered")];
    case "blocked":
      return [h("span", { class: "tag" }, "blocked")];
    case "returned":
      return [text === "" ? h("code", { class: "soft" }, "undefined") : h("code", {}, text)];
    default:
      return [h("code", {}, text)];
  }
}

function keyOf(row: LogRow): string {
  return `${row.slot}.${row.at}`;
}
