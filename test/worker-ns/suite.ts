/** What the Worker promises, for every way to run it, against a cluster of real processes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dohQueryBytesMax } from "../../src/shared/name-limits.ts";
import { datas, query, read } from "../dns/zones.ts";
import type { Cluster } from "../process/cluster.ts";
import type { Answer, Ask, Start, Vars, Worker } from "./runtimes.ts";

const domain = "counter.example";
const message = "application/dns-message";
/** Within which a change of view is to be seen. */
const seenMillis = 2_000;
const patient = { timeout: 15_000, interval: 20 };

interface Status {
  readonly cluster: string | null;
  readonly view: { readonly number: number; readonly members: readonly { readonly addr: string }[] } | null;
  readonly cutOffSince: string | null;
  readonly problems: readonly string[];
}

function varsOf(cluster: Cluster, more: Partial<Vars> = {}): Vars {
  const given = { DOMAIN: domain, BOOT: cluster.bootstrap, NAMESERVERS: "", TTL: "", TOKEN: "" };
  return { ...given, NAMESERVERS: "ns1.example.net, ns2.example.net", ...more };
}

/** @param started a cluster of three, which is left as it was found */
export function suite(name: string, start: Start, started: () => Cluster): void {
  describe(name, () => {
    let cluster: Cluster;
    let worker: Worker;
    beforeAll(async () => {
      cluster = started();
      worker = await start(varsOf(cluster));
    });
    afterAll(() => worker?.close());

    const post = (bytes: Uint8Array): Promise<Answer> =>
      worker.ask("/dns-query", { method: "POST", headers: { "content-type": message }, body: bytes });
    const asked = async (at: string, type: string) => {
      const { status, body } = await post(query(at, { type }));
      expect(status).toBe(200);
      return read(body);
    };
    const found = async (at: string, type: string) => datas((await asked(at, type)).answers);
    const ports = async () =>
      (await found(`_concoord._tcp.${domain}`, "SRV"))
        .map((data) => (data as { port: number }).port)
        .toSorted();
    const portsOf = () => cluster.replicas.map(({ addr }) => Number(addr.split(":")[1])).toSorted();
    const status = async (): Promise<Status> =>
      JSON.parse(Buffer.from((await worker.ask("/status.json")).body).toString());
    const seen = async () => {
      await expect.poll(ports, { timeout: seenMillis, interval: 20 }).toEqual(portsOf());
    };

    test("the first who ask get the records of the cluster", async () => {
      expect(await ports()).toEqual(portsOf());
      expect(await found(domain, "A")).toEqual(["127.0.0.1"]);
      expect(await found(`127-0-0-1.ipaddr.${domain}`, "A")).toEqual(["127.0.0.1"]);
      const texts = (await found(domain, "TXT")).map(String);
      expect(texts.toSorted()).toEqual(
        (await cluster.status()).view.members.map(({ addr, id }) => `REPLICA ${addr} id=${id}`).toSorted(),
      );
      expect(await found(domain, "NS")).toEqual(["ns1.example.net", "ns2.example.net"]);
      const { number } = (await cluster.status()).view;
      expect(await found(domain, "SOA")).toMatchObject([{ mname: "ns1.example.net", serial: number }]);
      for (const type of ["AAAA", "HTTPS"])
        expect(await asked(domain, type)).toMatchObject({ code: 0, aa: true, answers: [] });
      expect((await asked(`none.${domain}`, "A")).code).toBe(3);
      expect((await asked("example.org", "A")).code).toBe(5);
    });

    test("GET, POST and JSON", async () => {
      const srv = query(`_concoord._tcp.${domain}`, { type: "SRV", id: 0 });
      const get = await worker.ask(`/dns-query?dns=${Buffer.from(srv).toString("base64url")}`);
      expect(get.status).toBe(200);
      expect(Object.fromEntries(get.headers)).toMatchObject({
        "content-type": message,
        "cache-control": "max-age=30",
        "access-control-allow-origin": "*",
      });
      expect((await post(srv)).body).toEqual(get.body);
      const json = await worker.ask(`/dns-query?name=${domain}&type=A`);
      expect(json.headers.get("content-type")).toBe("application/dns-json");
      expect(JSON.parse(Buffer.from(json.body).toString())).toMatchObject({
        Status: 0,
        Answer: [{ name: `${domain}.`, type: 1, TTL: 30, data: "127.0.0.1" }],
      });
    });

    const body = new Uint8Array(dohQueryBytesMax + 1);
    const type = { "content-type": message };
    test.each<[string, Ask, number]>([
      ["/dns-query", { method: "OPTIONS" }, 204],
      ["/dns-query", {}, 400],
      ["/dns-query?dns=%%%", {}, 400],
      ["/dns-query?dns=AAAA", {}, 400],
      ["/dns-query", { method: "PUT", body: new Uint8Array(1) }, 405],
      ["/dns-query", { method: "POST", headers: type, body }, 413],
      ["/dns-query", { method: "POST", headers: { "content-type": "text/plain" }, body: query(domain) }, 415],
      ["/dns-query?name=counter.example", { headers: { accept: "image/png" } }, 406],
      ["/nothing", {}, 404],
    ])("%s %o is %i, with CORS", async (path, how, expected) => {
      const answer = await worker.ask(path, how);
      expect(answer.status).toBe(expected);
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    });

    test("it says that it lives, and what it knows", async () => {
      expect((await worker.ask("/livez")).status).toBe(200);
      expect(Buffer.from((await worker.ask("/")).body).toString()).toContain(domain);
      const { number } = (await cluster.status()).view;
      expect(await status()).toMatchObject({ domain, view: { number }, cutOffSince: null, problems: [] });
    });

    test("a join and a leave are seen within two seconds", async () => {
      const i = await cluster.add();
      await seen();
      expect(await ports()).toHaveLength(4);
      await cluster.leave(i);
      await seen();
      expect(await ports()).toHaveLength(3);
    });

    test("with all replicas dead the answers stay, also after it starts anew, also ten minutes later", async () => {
      const before = await ports();
      for (const i of cluster.replicas.keys()) await cluster.kill(i);
      await expect.poll(async () => (await status()).cutOffSince, patient).not.toBeNull();
      expect(await ports()).toEqual(before);
      await worker.restart(domain);
      expect(await ports()).toEqual(before);
      const tenMinutes = 600_000;
      await worker.sql(domain, "UPDATE known SET contact = ?", Date.now() - tenMinutes);
      await worker.restart(domain);
      expect(await ports()).toEqual(before);
      const { cutOffSince, problems } = await status();
      expect(Date.now() - Date.parse(cutOffSince ?? "")).toBeGreaterThanOrEqual(tenMinutes);
      expect(problems[0]).toMatch(/^cut off from the cluster since 6\d\d s: answers from its copy$/);
      expect(problems[1]).toMatch(/no node answers/);
    });

    test("it finds the replicas again by itself", async () => {
      await Promise.all([...cluster.replicas.keys()].map((i) => cluster.run(i)));
      await expect.poll(status, patient).toMatchObject({ cutOffSince: null, problems: [] });
      expect(await ports()).toEqual(portsOf());
    });

    test("nodes of another cluster are none of its own: it says so, and answers as before", async () => {
      await worker.sql(domain, "UPDATE known SET cluster = ?", "f".repeat(32));
      await worker.restart(domain);
      const said = async () => (await status()).problems.join("\n");
      await expect.poll(said, patient).toMatch(/this node belongs to cluster \w+, not f{32}/);
      expect(await ports()).toEqual(portsOf());
    });

    test("a wrong token and bad settings are told", async () => {
      await worker.close();
      worker = await start(varsOf(cluster, { TOKEN: "secret" }));
      const said = async () => (await status()).problems.join("\n");
      await expect.poll(said, patient).toContain("a token was given, but the node knows none");
      expect((await status()).problems[0]).toMatch(/has nothing to answer$/);
      expect((await post(query(domain))).status).toBe(503);
      await worker.close();
      worker = await start(varsOf(cluster, { BOOT: "counter.example" }));
      const { status: code, body: sentence } = await worker.ask("/status.json");
      expect([code, Buffer.from(sentence).toString()]).toEqual([
        500,
        expect.stringMatching(/^BOOT: "counter/),
      ]);
    });
  });
}
