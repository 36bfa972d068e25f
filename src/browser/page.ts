/** The page of a node: the view, and a form to call methods. It asks /status.json once a second. */
import type { Status } from "../shared/server/status.ts";
import { choose, offer, startForm } from "./form.ts";
import { show, showUnreachable } from "./view.ts";

const periodMillis = 1_000;
let timer = 0;

async function refresh(): Promise<void> {
  clearTimeout(timer);
  try {
    const response = await fetch("/status.json", { signal: AbortSignal.timeout(5 * periodMillis) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const status = (await response.json()) as Status;
    show(status, choose);
    offer(status);
  } catch (error) {
    console.info("no status:", error);
    showUnreachable();
  }
  clearTimeout(timer);
  // A page that nobody looks at does not ask.
  if (!document.hidden) timer = setTimeout(refresh, periodMillis);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refresh();
});
startForm(() => void refresh());
void refresh();
