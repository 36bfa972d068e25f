/** The page of a node that wants its clients' token. */
import { expect, test } from "vitest";
import { freePorts, startNode } from "../process/processes.ts";
import { chromiumPath } from "../runtime/chromium.ts";
import { Tab } from "./tab.ts";

test.skipIf(chromiumPath === null)("it asks for the token, and keeps it for this tab", async () => {
  const [port = 0] = await freePorts(1);
  const args = ["replica", "-o", "./test/page/board.ts", "--memory", "-p", String(port)];
  const node = startNode(["bin/concoord.js", ...args], { CONCOORD_TOKEN: "sesame" });
  const tab = await node
    .line(/^READY/, 15_000)
    .then(() => Tab.open(chromiumPath ?? "", `http://127.0.0.1:${port}/`));
  try {
    const give = (token: string) =>
      tab.run(`document.querySelector("#token").value = ${JSON.stringify(token)};
        document.querySelector("#token-form").requestSubmit()`);
    await tab.text("#state", /DENIED: the token is missing or wrong/);
    expect(await tab.run(`document.activeElement.id`)).toBe("token");
    await give("guess");
    await tab.run(`new Promise((done) => {
      const look = () => (document.querySelector("#token-form").hidden ? requestAnimationFrame(look) : done());
      look();
    })`);
    await give("sesame");
    await tab.text("#state", /^1 of 1 members answer/);
    await tab.run(`location.reload()`);
    await tab.text("#state", /^1 of 1 members answer/);
    await tab.text("#class", /Board/);
    await tab.run(`document.querySelector("#form").requestSubmit()`);
    await tab.text("#results li", /Board\/main\.add\(\)1$/);
  } finally {
    await tab.close();
    await node.stop();
  }
});
