/**
 * What the bench asks of etcd 3, over gRPC (github.com/grpc/grpc, PROTOCOL-HTTP2) on one HTTP/2 connection: put, a
 * linearizable range, leases, and etcd's own lock service (etcd.io/docs, "API reference: concurrency").
 */
import { type ClientHttp2Session, connect } from "node:http2";
import { type Field, fieldsOf, message } from "./proto.ts";

const callMillis = 20_000;

export class EtcdClient {
  private readonly session: ClientHttp2Session;

  /** @param addr host:port */
  constructor(addr: string) {
    this.session = connect(`http://${addr}`);
    // Calls that are under way fail by themselves.
    this.session.on("error", () => undefined);
  }

  async put(key: string, value: string | Buffer): Promise<void> {
    await this.call("etcdserverpb.KV/Put", [
      [1, key],
      [2, value],
    ]);
  }

  /** Puts and takes back how often the key was put before: a counter without reading it first. */
  async bump(key: string): Promise<number> {
    const answer = await this.call("etcdserverpb.KV/Put", [
      [1, key],
      [4, true],
    ]);
    const before = answer.get(2);
    const version = Buffer.isBuffer(before) ? fieldsOf(before).get(4) : 0n;
    return Number(version) + 1;
  }

  async get(key: string): Promise<Buffer | null> {
    const answer = await this.call("etcdserverpb.KV/Range", [[1, key]]);
    const found = answer.get(2);
    const value = Buffer.isBuffer(found) ? fieldsOf(found).get(5) : undefined;
    return Buffer.isBuffer(value) ? value : null;
  }

  async grant(seconds: number): Promise<bigint> {
    const id = (await this.call("etcdserverpb.Lease/LeaseGrant", [[1, seconds]])).get(2);
    if (typeof id !== "bigint") throw new Error("etcd gave no lease");
    return id;
  }

  /** @returns the key by which it is given up */
  async lock(name: string, lease: bigint): Promise<Buffer> {
    const answer = await this.call("v3lockpb.Lock/Lock", [
      [1, name],
      [2, lease],
    ]);
    const key = answer.get(2);
    if (!Buffer.isBuffer(key)) throw new Error("etcd gave no lock");
    return key;
  }

  async unlock(key: Buffer): Promise<void> {
    await this.call("v3lockpb.Lock/Unlock", [[1, key]]);
  }

  close(): void {
    this.session.destroy();
  }

  private call(path: string, fields: readonly Field[]): Promise<ReadonlyMap<number, bigint | Buffer>> {
    const body = message(fields);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(body.length, 1);
    return new Promise((resolve, reject) => {
      const stream = this.session.request({
        ":method": "POST",
        ":path": `/${path}`,
        "content-type": "application/grpc",
        te: "trailers",
      });
      const parts: Buffer[] = [];
      let status = "no status";
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("trailers", (trailers) => {
        status = `${trailers["grpc-status"]} ${trailers["grpc-message"] ?? ""}`;
      });
      stream.on("response", (headers) => {
        if (headers["grpc-status"] !== undefined)
          status = `${headers["grpc-status"]} ${headers["grpc-message"] ?? ""}`;
      });
      stream.setTimeout(callMillis, () => stream.close());
      stream.on("error", reject);
      stream.on("close", () => {
        if (status.startsWith("0 ")) resolve(fieldsOf(Buffer.concat(parts).subarray(5)));
        else reject(new Error(`etcd: ${status}`));
      });
      stream.end(Buffer.concat([head, body]));
    });
  }
}
