/** A line plot as SVG text, readable on a light and on a dark page: figures of a run against what was varied. */

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Steps by factors instead of by sums. */
  readonly logX?: boolean;
  readonly lines: readonly Line[];
}

const width = 640;
const height = 360;
const left = 70;
const right = 20;
const top = 40;
const bottom = 50;
const colours = ["#3b7dd8", "#d1603d", "#4a9d5b", "#9b59b6", "#b8902a"];
const ticks = 5;

/** @param of at least one line with a point */
export function svgOf({ title, x, y, logX = false, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const scaled = (value: number) => (logX ? Math.log2(Math.max(value, 1e-9)) : value);
  const xs = points.map(([value]) => scaled(value));
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const most = Math.max(...points.map(([, value]) => value)) || 1;
  const atX = (value: number) => left + ((scaled(value) - from) / (to - from || 1)) * (width - left - right);
  const atY = (value: number) => height - bottom - (value / most) * (height - top - bottom);
  const text = (px: number, py: number, words: string, anchor = "middle") =>
    `<text x="${px.toFixed(1)}" y="${py.toFixed(1)}" text-anchor="${anchor}">${words}</text>`;
  const parts = [text(width / 2, 22, title), text((left + width - right) / 2, height - 12, x)];
  parts.push(text(left - 60, top - 12, y, "start"));
  for (let i = 0; i <= ticks; i++) {
    const value = (most * i) / ticks;
    parts.push(`<path class="grid" d="M${left} ${atY(value).toFixed(1)}H${width - right}"/>`);
    parts.push(text(left - 6, atY(value) + 4, short(value), "end"));
  }
  for (const value of new Set(points.map(([of]) => of)))
    parts.push(text(atX(value), height - bottom + 18, short(value)));
  for (const [i, line] of lines.entries()) {
    const colour = colours[i % colours.length];
    const path = line.points.map(
      ([px, py], n) => `${n === 0 ? "M" : "L"}${atX(px).toFixed(1)} ${atY(py).toFixed(1)}`,
    );
    parts.push(`<path d="${path.join("")}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const [px, py] of line.points)
      parts.push(`<circle cx="${atX(px).toFixed(1)}" cy="${atY(py).toFixed(1)}" r="3" fill="${colour}"/>`);
    parts.push(`<rect x="${left + 12}" y="${top + 18 * i}" width="10" height="10" fill="${colour}"/>`);
    parts.push(text(left + 28, top + 18 * i + 9, line.name, "start"));
  }
  const named = `<title>${title}</title>`;
  const style = "text{font:12px sans-serif;fill:#777}.grid{stroke:#8884;stroke-width:1}";
  const box = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box}>${named}<style>${style}</style>${parts.join("")}</svg>\n`;
}

function short(value: number): string {
  if (value >= 1e6) return `${trimmed(value / 1e6)}M`;
  if (value >= 1e3) return `${trimmed(value / 1e3)}k`;
  return trimmed(value);
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}
