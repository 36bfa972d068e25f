/** A tab of Chromium with the page of a node. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Chromium } from "../runtime/chromium.ts";
import { decodePng } from "./png.ts";

const shots = new URL("./screenshots/", import.meta.url);
/** Set, the pictures that are kept are made anew. */
const remake = process.env["SCREENSHOTS"] === "remake";

export class Tab {
  /** What the page's scripts threw, and what its policy refused. */
  readonly faults: string[] = [];
  private readonly browser: Chromium;
  private readonly page: string;

  private constructor(browser: Chromium, page: string) {
    this.browser = browser;
    this.page = page;
    const note = (params: object) => void this.faults.push(JSON.stringify(params));
    browser.on(page, "Runtime.exceptionThrown", note);
    browser.on(page, "Log.entryAdded", (params) => {
      const { entry } = params as { entry: { source: string } };
      if (entry.source === "security" || entry.source === "violation") note(params);
    });
  }

  static async open(path: string, url: string): Promise<Tab> {
    const browser = new Chromium(path);
    const page = await browser.open();
    const tab = new Tab(browser, page);
    for (const domain of ["Runtime", "Log", "Page"]) await browser.send(`${domain}.enable`, {}, page);
    await tab.size(1280, 1400, false);
    await browser.send("Page.navigate", { url }, page);
    return tab;
  }

  async size(width: number, height: number, mobile: boolean): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile };
    await this.browser.send("Emulation.setDeviceMetricsOverride", metrics, this.page);
  }

  async theme(value: "light" | "dark"): Promise<void> {
    const features = [
      { name: "prefers-color-scheme", value },
      { name: "prefers-reduced-motion", value: "reduce" },
    ];
    await this.browser.send("Emulation.setEmulatedMedia", { features }, this.page);
  }

  run(expression: string): Promise<unknown> {
    return this.browser.evaluate(this.page, expression);
  }

  /** Presses a key as a user does. */
  async press(key: string): Promise<void> {
    const text = key === "Enter" ? { text: "\r" } : {};
    for (const type of ["keyDown", "keyUp"])
      await this.browser.send(
        "Input.dispatchKeyEvent",
        { type, key, code: key, windowsVirtualKeyCode: { Tab: 9, Enter: 13 }[key], ...text },
        this.page,
      );
  }

  /** Resolves with the text of an element when it matches. */
  text(selector: string, pattern: RegExp): Promise<unknown> {
    return this.run(`new Promise((resolve, reject) => {
      const until = performance.now() + 8000;
      const look = () => {
        const text = document.querySelector(${JSON.stringify(selector)})?.textContent ?? "";
        if (${pattern}.test(text)) resolve(text);
        else if (performance.now() > until) reject(new Error(${JSON.stringify(`${selector} ${pattern}`)} + ": " + text));
        else requestAnimationFrame(look);
      };
      look();
    })`);
  }

  /** The picture now, and the one that is kept under this name; the first one is kept. */
  async picture(name: string) {
    const { data } = await this.browser.send("Page.captureScreenshot", { format: "png" }, this.page);
    const file = new URL(`${name}.png`, shots);
    const now = Buffer.from(String(data), "base64");
    if (remake || !existsSync(file)) writeFileSync(file, now);
    return { now: decodePng(now), kept: decodePng(readFileSync(file)) };
  }

  close(): Promise<void> {
    return this.browser.stop();
  }
}
