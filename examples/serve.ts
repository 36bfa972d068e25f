/**
 * Serves the page of an example, and leads its WebSockets to the nodes, as a reverse proxy does: pages may only connect
 * to where they came from. `npx node examples/serve.ts examples/whiteboard [PORT]`
 */
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { resolve } from "node:path";
import type { Duplex } from "node:stream";
import { build } from "esbuild";

const [folder = "examples/whiteboard", port = "8080"] = process.argv.slice(2);
const nodes = (process.env["CONCOORD_BOOT"] ?? "127.0.0.1:14000,127.0.0.1:14001,127.0.0.1:14002").split(",");
const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>concoord</title>
<body><script type="module" src="/page.js"></script></body>
</html>`;

const { outputFiles } = await build({
  entryPoints: [resolve(folder, "page")],
  bundle: true,
  write: false,
  format: "esm",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
});
const script = outputFiles[0]?.text ?? "";

const server = createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
  response.end(isScript ? script : html);
});

/** Tries one node after the other. `?relayed` tells the node that the page reaches no other one. */
function lead(request: IncomingMessage, page: Duplex, [addr, ...others]: readonly string[]): void {
  if (addr === undefined) return void page.destroy();
  const colon = addr.lastIndexOf(":");
  const node = connect(Number(addr.slice(colon + 1)), addr.slice(0, colon));
  let isOpen = false;
  node.on("connect", () => {
    isOpen = true;
    const raw = request.rawHeaders;
    const headers = raw.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${raw[i + 1]}`] : []));
    node.write(`${["GET /concoord?relayed HTTP/1.1", ...headers].join("\r\n")}\r\n\r\n`);
    node.setNoDelay(true).pipe(page).pipe(node);
  });
  node.on("error", () => (isOpen ? page.destroy() : lead(request, page, others)));
  node.on("close", () => isOpen && page.destroy());
  page.on("close", () => node.destroy());
}

server.on("upgrade", (request, page) => {
  page.on("error", () => page.destroy());
  lead(request, page, nodes);
});
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") console.log(`http://127.0.0.1:${address.port}`);
});
