/** The React example in two tabs of Chromium. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../process/processes.ts";
import { chromiumPath } from "../runtime/chromium.ts";
import { Scene, type Tab } from "./tabs.ts";

const waitMillis = 20_000;
const page = new URL("../../examples/react/page.tsx", import.meta.url);
const paths = createRequire(page).resolve.paths("react") ?? [];
const isHere = chromiumPath !== null && paths.some((path) => existsSync(`${path}/react`));

describe.skipIf(!isHere)("the React example", () => {
  let scene: Scene;
  let tabs: readonly Tab[];
  beforeAll(async () => {
    scene = await Scene.start(chromiumPath ?? "", "react", "chat.ts");
    tabs = [await scene.tab(), await scene.tab()];
  });
  afterAll(() => scene?.stop());

  async function say(tab: Tab, text: string): Promise<void> {
    await tab.front();
    await tab.run("document.querySelector('input').focus()");
    await tab.type(text);
    await tab.run("document.querySelector('form').requestSubmit()");
  }

  const linesIn = async (tab: Tab) =>
    (await tab.run("[...document.querySelectorAll('li')].map((line) => line.textContent)")) as string[];

  test("what one says shows in both tabs, in one order", async () => {
    const [one, other] = tabs as readonly [Tab, Tab];
    const said: string[] = [];
    for (const [tab, text] of [
      [one, "hello"],
      [other, "who is there?"],
      [one, "me"],
    ] as const) {
      await say(tab, text);
      said.push(text);
      for (const each of tabs)
        await until(`${text} is there`, waitMillis, async () =>
          (await linesIn(each)).length === said.length ? true : undefined,
        );
    }
    expect(await linesIn(one)).toEqual(said);
    expect(await linesIn(other)).toEqual(said);
  });
});
