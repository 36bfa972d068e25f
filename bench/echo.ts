/** The bare transport: `ws` echoes 100 bytes, a frame for each, between two processes. Nothing can be faster. */
import { argv } from "node:process";
import { WebSocket, WebSocketServer } from "ws";
import { loadOrder, report } from "./measure.ts";

const bytes = 100;

function serve(): void {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false }, () => {
    const at = server.address();
    process.stdout.write(`READY ${typeof at === "object" && at !== null ? at.port : ""}\n`);
  });
  server.on("connection", (socket) => socket.on("message", (data: Buffer) => socket.send(data)));
}

/** Echoes come back in order, so the oldest waiter is the one that is answered. */
async function dial(to: string): Promise<() => Promise<void>> {
  const socket = new WebSocket(`ws://${to}`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const waiting: (() => void)[] = [];
  socket.on("message", () => waiting.shift()?.());
  const message = Buffer.alloc(bytes, 7);
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      socket.send(message);
    });
}

async function load(): Promise<void> {
  const { to, shape, seconds } = loadOrder(argv[3]);
  const calls = await Promise.all(Array.from({ length: shape.connections }, () => dial(to)));
  const lanes = Array.from(
    { length: shape.outstanding },
    (_, i) => calls[i % calls.length] as () => Promise<void>,
  );
  await report(lanes, seconds);
  process.exit(0);
}

if (argv[2] === "serve") serve();
else await load();
