/** The page: what is drawn with a pointer goes to the board, and what is on the board is shown, whoever drew it. */
import { openSession } from "concoord/browser";
import { Whiteboard } from "./whiteboard.ts";

// The nodes are reached where the page came from.
const session = openSession();
const board = session.live(Whiteboard);
const colour = `hsl(${Math.floor(Math.random() * 360)} 80% 40%)`;

const canvas = document.createElement("canvas");
canvas.width = 800;
canvas.height = 500;
canvas.style.border = "1px solid gray";
canvas.style.touchAction = "none";
const clear = document.createElement("button");
clear.textContent = "Clear";
clear.addEventListener("click", () => board.calls.clear());
const connection = document.createElement("output");
connection.style.marginLeft = "1em";
session.addEventListener("connection", ({ state }) => {
  connection.value = state === "open" ? "" : "No connection: what you draw is sent when it is back.";
});
document.body.append(canvas, document.createElement("br"), clear, connection);

let from: readonly [x: number, y: number] | null = null;
canvas.addEventListener("pointerdown", (event) => {
  from = [event.offsetX, event.offsetY];
});
canvas.addEventListener("pointermove", (event) => {
  if (from === null) return;
  const to = [event.offsetX, event.offsetY] as const;
  // It shows at once; the promise tells when the cluster has it.
  board.calls.draw({ id: crypto.randomUUID(), colour, points: [...from, ...to] });
  from = to;
});
addEventListener("pointerup", () => {
  from = null;
});

function show(): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineWidth = 3;
  for (const { colour, points } of board.state.lines) {
    context.strokeStyle = colour;
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) context.lineTo(points[i] ?? 0, points[i + 1] ?? 0);
    context.stroke();
  }
}
board.subscribe(show);
show();

// For the console: board.state, board.calls.clear()
Object.assign(globalThis, { board });
