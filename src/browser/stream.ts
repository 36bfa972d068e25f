/** What the node tells the page: the events of /watch, and questions, all with the token where one is needed. */
import type { PageEvents } from "../shared/server/page-report.ts";
import { byId } from "./dom.ts";

const againMillis = 1_000;
/** A node that is there says so each second. */
const silenceMillis = 6_000;
const tokenKey = "concoord-token";

export type Told = { readonly [E in keyof PageEvents]: (data: PageEvents[E]) => void };

/** An answer with another status than 200. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Asks the node. @throws Refused with what it says */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem(tokenKey);
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers });
  if (response.ok) return response;
  if (response.status === 401) askForToken();
  throw new Refused(response.status, await problemOf(response));
}

async function problemOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error: { code: string | null; name: string; message: string } };
    return `${error.code ?? error.name}: ${error.message}`;
  } catch {
    return `HTTP ${response.status}`;
  }
}

const tokenForm = byId("token-form", HTMLFormElement);
const tokenInput = byId("token", HTMLInputElement);

function askForToken(): void {
  if (!tokenForm.hidden) return;
  tokenForm.hidden = false;
  tokenInput.focus();
}

/** Follows the node for as long as somebody looks at the page. */
export class Stream {
  private readonly told: Told;
  private readonly lost: (why: string) => void;
  private object = "";
  private current: AbortController | null = null;
  private again = 0;

  /** @param lost the node does not answer, or refuses, and why */
  constructor(told: Told, lost: (why: string) => void) {
    this.told = told;
    this.lost = lost;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
    tokenForm.addEventListener("submit", (event) => {
      event.preventDefault();
      sessionStorage.setItem(tokenKey, tokenInput.value);
      tokenInput.value = "";
      tokenForm.hidden = true;
      this.open();
    });
  }

  /** The object whose state is told, "Class/name"; "" for none. */
  follow(object: string): void {
    this.object = object;
    this.open();
  }

  private close(): void {
    clearTimeout(this.again);
    this.current?.abort();
    this.current = null;
  }

  private open(): void {
    this.close();
    if (document.hidden) return;
    const current = new AbortController();
    this.current = current;
    this.read(current).catch((error: unknown) => {
      if (this.current !== current) return;
      current.abort();
      const refused = error instanceof Refused && error.status !== 503;
      this.lost(refused ? error.message : "This node does not answer; trying again…");
      if (tokenForm.hidden) this.again = window.setTimeout(() => this.open(), againMillis);
    });
  }

  private async read(current: AbortController): Promise<never> {
    const query = this.object === "" ? "" : `?object=${encodeURIComponent(this.object)}`;
    let silent = window.setTimeout(() => current.abort(), silenceMillis);
    try {
      const response = await ask(`/watch${query}`, { signal: current.signal });
      if (response.body === null) throw new Error("no stream");
      let text = "";
      for (const reader = response.body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
        const { done, value } = await reader.read();
        if (done) throw new Error("the stream ended");
        clearTimeout(silent);
        silent = window.setTimeout(() => current.abort(), silenceMillis);
        const events = (text + value).split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) if (this.current === current) this.tell(event);
      }
    } finally {
      clearTimeout(silent);
    }
  }

  private tell(event: string): void {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
    if (data === undefined || !isEvent(name, this.told)) return;
    const tell = this.told[name] as (data: unknown) => void;
    tell(JSON.parse(data));
  }
}

function isEvent(name: string | undefined, told: Told): name is keyof PageEvents {
  return name !== undefined && Object.hasOwn(told, name);
}
