/** Who may pass for a node, by what its connection shows; and how old a TLS may be. Certificates by openssl. */
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeTls } from "../../src/node/tls/node-tls.ts";
import { makePort, type Port, whyNoNode } from "../../src/node/tls/port.ts";
import { Certificates, hasOpenssl, type Pair } from "./tls-certificates.ts";

describe.skipIf(!hasOpenssl)("a port that asks for certificates", () => {
  let made: Certificates;
  let pair: Pair;
  let ca: Buffer;
  let port: Port;
  beforeAll(async () => {
    made = new Certificates();
    const authority = made.authority("authority");
    pair = made.issue("node", authority);
    ca = readFileSync(authority.cert);
    port = makePort(new NodeTls({ ...pair, ca: authority.cert }));
    port.http.on("request", (request, response) => response.end(String(whyNoNode(request))));
    await new Promise<void>((resolve) => port.raw.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    await port.close();
    made.remove();
  });

  /** Why whoever comes so is no node, and what would continue the session. */
  function says(options: ConnectionOptions): Promise<{ text: string; session: Buffer }> {
    const at = port.raw.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port: at.port, ca, ...options }, () =>
        socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
      );
      let [text, session] = ["", Buffer.alloc(0)];
      socket.on("session", (found) => {
        session = found;
      });
      socket.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      socket.on("close", () => resolve({ text: text.split("\r\n\r\n")[1] ?? "", session }));
      socket.on("error", reject);
    });
  }

  test.each(["TLSv1.2", "TLSv1.3"] as const)("a continued session is no proof, by %s", async (maxVersion) => {
    const [cert, key] = [readFileSync(pair.cert), readFileSync(pair.key)];
    const [proved, bare] = [await says({ cert, key, maxVersion }), await says({ maxVersion })];
    expect([proved.text, bare.text]).toEqual(["null", "it shows no certificate"]);
    // Its certificate may be trusted no more.
    const again = [
      await says({ cert, key, maxVersion, session: proved.session }),
      await says({ maxVersion, session: proved.session }),
      await says({ maxVersion, session: bare.session }),
    ];
    for (const { text } of again) expect(text).toMatch(/^it (shows no|continues)/);
  });

  test("nothing older than TLS 1.2 is spoken", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(says(old)).rejects.toThrow(/alert protocol version/);
  });
});
