/** What a browser loads to show the page: little, and nothing that is not the node's own. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const gzipKBMax = 60;
const folder = new URL("../../dist/page/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder));

test(`all of it takes at most ${gzipKBMax} kB, gzipped`, () => {
  const files = readdirSync(folder);
  expect(files.sort()).toEqual(["icon.svg", "index.html", "page.css", "page.js"]);
  const bytes = files.reduce((sum, file) => sum + gzipSync(read(file)).length, 0);
  expect(bytes / 1_000).toBeLessThanOrEqual(gzipKBMax);
});

test("nothing comes from elsewhere", () => {
  const html = read("index.html").toString();
  const from = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
  expect(from.length).toBeGreaterThan(3);
  expect(from.filter((path) => !path?.startsWith("/") || path.startsWith("//"))).toEqual([]);
  expect(read("page.css").toString()).not.toMatch(/@import|url\(/);
  expect(read("page.js").toString()).not.toMatch(/import\s*\(|from\s*"|https?:\/\/(?!www\.w3\.org\/)/);
});
