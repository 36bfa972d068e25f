/** The form that calls any method, and the answers below it. */
import type { Status } from "../shared/server/status.ts";
import { byId, h } from "./dom.ts";
import { ask } from "./stream.ts";

const resultsMax = 20;

const form = byId("form", HTMLFormElement);
const classes = byId("class", HTMLSelectElement);
const objectName = byId("name", HTMLInputElement);
const methods = byId("method", HTMLSelectElement);
const args = byId("args", HTMLInputElement);
const results = byId("results", HTMLOListElement);

let served: Status["classes"] = [];

export function startForm(): void {
  classes.addEventListener("change", fillMethods);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
}

/** Offers the classes and methods that the node serves. */
export function offerClasses(status: Status): void {
  if (JSON.stringify(status.classes) === JSON.stringify(served)) return;
  served = status.classes;
  fill(
    classes,
    served.map((c) => c.name),
  );
  fillMethods();
}

/** @param object "Class/name" */
export function fillObject(object: string): void {
  const end = object.indexOf("/");
  const of = end < 0 ? object : object.slice(0, end);
  if (!served.some((c) => c.name === of)) return;
  classes.value = of;
  objectName.value = end < 0 ? "main" : object.slice(end + 1);
  fillMethods();
}

function fillMethods(): void {
  fill(methods, served.find((c) => c.name === classes.value)?.methods ?? []);
}

function fill(select: HTMLSelectElement, values: readonly string[]): void {
  const chosen = select.value;
  select.replaceChildren(...values.map((value) => h("option", { value }, value)));
  if (values.includes(chosen)) select.value = chosen;
}

async function submit(): Promise<void> {
  const object = `${classes.value}/${objectName.value}`;
  const method = methods.value;
  const title = `${object}.${method}(${args.value.trim()})`;
  const line = h("code", { class: "waits" }, "waiting…");
  results.prepend(h("li", {}, h("small", {}, title), line));
  while (results.children.length > resultsMax) results.lastElementChild?.remove();
  try {
    line.textContent = await callMethod(object, method, parseArguments());
    line.className = "good";
  } catch (error) {
    line.textContent = error instanceof Error ? error.message : String(error);
    line.className = "bad";
  }
}

function parseArguments(): unknown {
  try {
    return JSON.parse(`[${args.value}]`);
  } catch (cause) {
    args.focus();
    throw new Error('Arguments are JSON values with commas between them; texts stand in "quotes".', {
      cause,
    });
  }
}

async function callMethod(object: string, method: string, list: unknown): Promise<string> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ object, method, args: list });
  const { value } = (await (await ask("/call", { method: "POST", headers, body })).json()) as {
    value: unknown;
  };
  return JSON.stringify(value);
}
