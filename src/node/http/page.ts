/** The page and its files, built by scripts/build-page.ts. */
import { builtFile, readText } from "../own-files.ts";
import type { App } from "./callers.ts";
import { HttpError } from "./errors.ts";

/** All that the browser may load, by path. */
const files = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
} as const;

/** No script, style or connection but from this node, in no other site's frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function pageRoutes(app: App): void {
  for (const [path, [file, type]] of Object.entries(files)) {
    app.get(path, async (c) => {
      const headers = {
        "content-type": type,
        "content-security-policy": policy,
        "cache-control": "no-cache",
      };
      return c.body(read(file), 200, headers);
    });
  }
}

function read(file: string): string {
  try {
    return readText(builtFile(`page/${file}`));
  } catch {
    throw new HttpError(404, "BAD_FRAME", "the page is not built");
  }
}
