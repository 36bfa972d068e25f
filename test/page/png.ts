/** Pictures as Chromium makes them: PNG (RFC 2083), 8 bits a channel, not interlaced. */
import { inflateSync } from "node:zlib";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Bytes of a pixel: red, green, blue, and perhaps alpha. */
  readonly depth: number;
  readonly pixels: Uint8Array;
}

/** @throws Error for any other picture */
export function decodePng(file: Buffer): Picture {
  const parts: Buffer[] = [];
  let [width, height, depth] = [0, 0, 0];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const data = file.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") {
      [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
      depth = { 2: 3, 6: 4 }[data.readUInt8(9)] ?? 0;
      if (data.readUInt8(8) !== 8 || depth === 0 || data.readUInt8(12) !== 0)
        throw new Error("not such a PNG");
    }
    if (type === "IDAT") parts.push(data);
    at += length + 12;
  }
  const pixels = unfilter(inflateSync(Buffer.concat(parts)), width * depth, height, depth);
  return { width, height, depth, pixels };
}

function unfilter(raw: Buffer, stride: number, height: number, depth: number): Uint8Array {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const i = y * stride + x;
      const left = x < depth ? 0 : (out[i - depth] as number);
      const up = y === 0 ? 0 : (out[i - stride] as number);
      const corner = x < depth || y === 0 ? 0 : (out[i - stride - depth] as number);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 0] as number;
      out[i] = (raw[y * (stride + 1) + 1 + x] as number) + guess;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const base = left + up - corner;
  const [a, b, c] = [Math.abs(base - left), Math.abs(base - up), Math.abs(base - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** Of each of `across` x `down` regions, row by row: the share of pixels that are not of its most frequent colour. */
export function shares({ width, height, depth, pixels }: Picture, across: number, down: number): number[] {
  return Array.from({ length: across * down }, (_, region) => {
    const [x0, y0] = [Math.floor(((region % across) * width) / across), Math.floor(region / across)];
    const [top, bottom] = [Math.floor((y0 * height) / down), Math.floor(((y0 + 1) * height) / down)];
    const right = Math.floor((((region % across) + 1) * width) / across);
    const counts = new Map<number, number>();
    for (let y = top; y < bottom; y++)
      for (let x = x0; x < right; x++) {
        const i = (y * width + x) * depth;
        const colour = ((pixels[i] ?? 0) << 16) | ((pixels[i + 1] ?? 0) << 8) | (pixels[i + 2] ?? 0);
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
      }
    return 1 - Math.max(...counts.values()) / ((bottom - top) * (right - x0));
  });
}
