/** One object: its state now, as it changes, or after a slot of the past. */
import type { PastReport, Standing, StateReport } from "../shared/server/page-report.ts";
import type { Status } from "../shared/server/status.ts";
import { byId, h, part, setText } from "./dom.ts";
import { showPastRows } from "./log.ts";
import { ask } from "./stream.ts";
import { TreeNode } from "./tree.ts";

/** Objects that are offered by a button each. */
const buttonsMax = 12;

const input = byId("object", HTMLInputElement);
const slider = byId("slot", HTMLInputElement);
const number = byId("slot-number", HTMLInputElement);
const back = byId("live", HTMLButtonElement);
const earlier = byId("earlier", HTMLButtonElement);
const later = byId("later", HTMLButtonElement);
const note = byId("object-note", HTMLElement);
const root = byId("tree", HTMLUListElement);

let chosen = "";
let tree: { readonly of: string; readonly node: TreeNode } | null = null;
let live: StateReport | null = null;
/** The slot that is shown; null: the newest, as it changes. */
let slot: number | null = null;
/** The slot that is being looked up. */
let asking: number | null = null;

/** @param onObject called with "Class/name" when another one is chosen */
export function startObject(onObject: (object: string) => void): void {
  const choose = (object: string) => {
    if (object === chosen || object === "") return;
    chosen = object;
    input.value = object;
    history.replaceState(null, "", `#${object}`);
    live = null;
    onObject(object);
    if (slot !== null) void lookUp();
  };
  input.addEventListener("change", () => choose(input.value.trim()));
  byId("objects", HTMLElement).addEventListener("click", (event) => {
    if (event.target instanceof HTMLButtonElement) choose(event.target.textContent ?? "");
  });
  slider.addEventListener("input", () => goTo(slider.valueAsNumber));
  number.addEventListener("change", () => goTo(number.valueAsNumber));
  earlier.addEventListener("click", () => goTo(number.valueAsNumber - 1));
  later.addEventListener("click", () => goTo(number.valueAsNumber + 1));
  back.addEventListener("click", () => goLive());
  const named = decodeURIComponent(location.hash.slice(1));
  if (/^[^/]+(\/[^/]+)?$/.test(named)) choose(named);
}

/** Offers the objects; of a cluster whose first object comes up, that one. */
export function offerObjects({ objects }: Status): void {
  const names = objects.map((o) => `${o.class}/${o.name}`);
  part("objects", [names.slice(0, buttonsMax), chosen], () =>
    names
      .slice(0, buttonsMax)
      .map((name) => h("button", { type: "button", "aria-pressed": String(name === chosen) }, name)),
  );
  part("object-names", names, () => names.map((value) => h("option", { value })));
  const [first] = names;
  if (chosen !== "" || first === undefined) return;
  input.value = first;
  input.dispatchEvent(new Event("change"));
}

/** How far back one can look. */
export function offerPast({ past }: Standing): void {
  for (const control of [slider, number]) {
    control.min = String(past.from);
    control.max = String(past.to);
  }
  if (slot !== null) return;
  slider.value = String(past.to);
  number.value = String(past.to);
}

export function showState(report: StateReport): void {
  live = report;
  if (slot === null) draw(report, true);
}

/** The state after a slot, once what is being looked up is there. */
export function goTo(wanted: number): void {
  if (!Number.isFinite(wanted)) return;
  const [least, most] = [Number(slider.min), Number(slider.max)];
  slot = Math.min(most, Math.max(least, Math.round(wanted)));
  slider.value = String(slot);
  number.value = String(slot);
  back.hidden = false;
  document.body.dataset["time"] = "past";
  void lookUp();
}

function goLive(): void {
  slot = null;
  back.hidden = true;
  delete document.body.dataset["time"];
  slider.value = slider.max;
  number.value = slider.max;
  showPastRows(null, null);
  if (live !== null) draw(live, false);
}

/** One at a time: whoever drags the slider wants the last one. */
async function lookUp(): Promise<void> {
  if (asking !== null || slot === null || chosen === "") return;
  asking = slot;
  const object = chosen;
  setText(note, `looking up slot ${slot}…`);
  try {
    const answer = await ask(`/state.json?object=${encodeURIComponent(object)}&slot=${slot}`);
    const report = (await answer.json()) as PastReport;
    if (slot !== null && object === chosen) {
      draw(report, true);
      showPastRows(report.log, report.slot);
    }
  } catch (error) {
    if (slot !== null) setText(note, error instanceof Error ? error.message : String(error));
  } finally {
    const again = slot !== null && (slot !== asking || object !== chosen);
    asking = null;
    if (again) void lookUp();
  }
}

function draw({ object, slot: at, state, problem }: StateReport, mark: boolean): void {
  setText(note, problem ?? (slot === null ? `live, slot ${at}` : `after slot ${at}`));
  if (state === null) {
    tree = null;
    root.replaceChildren();
    return;
  }
  if (tree?.of !== object) {
    tree = { of: object, node: new TreeNode(true) };
    root.replaceChildren(tree.node.element);
  }
  tree.node.update(object, state, mark);
}
