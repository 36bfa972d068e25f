/** The form that calls any method, and the answers below it. */
import type { Status } from "../shared/server/status.ts";
import { byId, h } from "./dom.ts";

const resultsMax = 20;

const form = byId("form", HTMLFormElement);
const classes = byId("class", HTMLSelectElement);
const objectName = byId("name", HTMLInputElement);
const methods = byId("method", HTMLSelectElement);
const args = byId("args", HTMLInputElement);
const token = byId("token", HTMLInputElement);
const send = byId("send", HTMLButtonElement);
const results = byId("results", HTMLOListElement);

let served: Status["classes"] = [];

/** @param onCalled called after each call: what the page shows may have changed */
export function startForm(onCalled: () => void): void {
  classes.addEventListener("change", fillMethods);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit().finally(onCalled);
  });
}

/** Offers the classes and methods that the node serves. */
export function offer(status: Status): void {
  if (JSON.stringify(status.classes) === JSON.stringify(served)) return;
  served = status.classes;
  fill(
    classes,
    served.map((c) => c.name),
  );
  fillMethods();
}

export function choose(type: string, name: string): void {
  classes.value = type;
  objectName.value = name;
  fillMethods();
  methods.focus();
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
  const title = `${classes.value}/${objectName.value}.${methods.value}(${args.value.trim()})`;
  send.disabled = true;
  try {
    const list = parseArguments();
    result(title, "good", await callMethod(list));
  } catch (error) {
    result(title, "bad", error instanceof Error ? error.message : String(error));
  } finally {
    send.disabled = false;
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

async function callMethod(list: unknown): Promise<string> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token.value !== "") headers["authorization"] = `Bearer ${token.value}`;
  const object = `${classes.value}/${objectName.value}`;
  const body = JSON.stringify({ object, method: methods.value, args: list });
  const response = await fetch("/call", { method: "POST", headers, body });
  if (response.status === 401) {
    byId("token-row", HTMLElement).hidden = false;
    token.focus();
  }
  const answer: unknown = await response.json();
  if (typeof answer === "object" && answer !== null && "value" in answer) return JSON.stringify(answer.value);
  throw new Error(errorText(answer) ?? `HTTP ${response.status}`);
}

function errorText(answer: unknown): string | null {
  if (typeof answer !== "object" || answer === null || !("error" in answer)) return null;
  const { code, name, message } = answer.error as { code: string | null; name: string; message: string };
  return `${code ?? name}: ${message}`;
}

function result(title: string, kind: "good" | "bad", text: string): void {
  results.prepend(h("li", {}, h("small", {}, title), h("code", { class: kind }, text)));
  while (results.children.length > resultsMax) results.lastElementChild?.remove();
}
