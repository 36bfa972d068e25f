/** Tabs of one Chromium with the page of an example, served as its README says, before real nodes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { decodePng } from "../page/png.ts";
import { Cluster } from "../process/cluster.ts";
import { type Running, startNode } from "../process/processes.ts";
import { Chromium } from "../runtime/chromium.ts";

const shots = new URL("./screenshots/", import.meta.url);
/** Set, the pictures that are kept are made anew. */
const remake = process.env["SCREENSHOTS"] === "remake";

export class Scene {
  readonly cluster: Cluster;
  private readonly browser: Chromium;
  private readonly server: Running;
  private readonly url: string;

  private constructor(cluster: Cluster, browser: Chromium, server: Running, url: string) {
    this.cluster = cluster;
    this.browser = browser;
    this.server = server;
    this.url = url;
  }

  /** @param folder below examples. @param object that the nodes serve */
  static async start(chromium: string, folder: string, object: string): Promise<Scene> {
    const cluster = await Cluster.start(3, [`./examples/${folder}/${object}`]);
    const env = { CONCOORD_BOOT: cluster.bootstrap };
    const server = startNode(["examples/serve.ts", `examples/${folder}`, "0"], env);
    const url = await server.line(/^http:/, 20_000);
    return new Scene(cluster, new Chromium(chromium), server, url);
  }

  async tab(): Promise<Tab> {
    const page = await this.browser.open();
    const loaded = new Promise<void>((resolve) =>
      this.browser.on(page, "Page.loadEventFired", () => resolve()),
    );
    await this.browser.send("Page.enable", {}, page);
    const metrics = { width: 900, height: 600, deviceScaleFactor: 1, mobile: false };
    await this.browser.send("Emulation.setDeviceMetricsOverride", metrics, page);
    await this.browser.send("Page.navigate", { url: this.url }, page);
    await loaded;
    return new Tab(this.browser, page);
  }

  async stop(): Promise<void> {
    await this.browser.stop();
    await this.server.stop();
    await this.cluster.stop();
  }
}

export class Tab {
  private readonly browser: Chromium;
  private readonly page: string;

  constructor(browser: Chromium, page: string) {
    this.browser = browser;
    this.page = page;
  }

  run(expression: string): Promise<unknown> {
    return this.browser.evaluate(this.page, expression);
  }

  front(): Promise<unknown> {
    return this.browser.send("Page.bringToFront", {}, this.page);
  }

  /** Draws as a user does, from point to point. */
  async drag(points: readonly (readonly [x: number, y: number])[]): Promise<void> {
    for (const [i, [x, y]] of points.entries()) {
      const type = i === 0 ? "mousePressed" : i === points.length - 1 ? "mouseReleased" : "mouseMoved";
      const event = { type, x, y, button: "left", buttons: 1, clickCount: 1 };
      await this.browser.send("Input.dispatchMouseEvent", event, this.page);
    }
  }

  type(text: string): Promise<unknown> {
    return this.browser.send("Input.insertText", { text }, this.page);
  }

  /** The picture now, and the one that is kept under this name; the first one is kept. */
  async picture(name: string) {
    const { data } = await this.browser.send("Page.captureScreenshot", { format: "png" }, this.page);
    const file = new URL(`${name}.png`, shots);
    const now = Buffer.from(String(data), "base64");
    if (remake || !existsSync(file)) writeFileSync(file, now);
    return { now: decodePng(now), kept: decodePng(readFileSync(file)) };
  }
}
