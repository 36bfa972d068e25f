/** What the client needs of a page, or of a worker that a page started. */
import type { ClientRuntime } from "../shared/client/runtime.ts";
import { webRuntime } from "../web/runtime.ts";

let channel: MessageChannel | null = null;
const waiting: (() => void)[] = [];

/** A message to itself: timers are slowed down in tabs that nobody looks at, messages are not. */
function soon(run: () => void): void {
  if (channel === null) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()?.();
  }
  waiting.push(run);
  channel.port2.postMessage(null);
}

/** The network is there again, the tab is looked at again, or goes on after it was frozen. */
function onWake(woken: () => void): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  globalThis.addEventListener?.("online", woken, { signal });
  const page = globalThis.document;
  page?.addEventListener("resume", woken, { signal });
  page?.addEventListener("visibilitychange", () => page.hidden || woken(), { signal });
  return () => listening.abort();
}

export const browserRuntime: ClientRuntime = /* @__PURE__ */ webRuntime({ soon, onWake });
