/**
 * What a nameserver keeps in its data folder: its id, and the newest view of its cluster, so that it answers also when
 * it starts while nobody else does.
 */
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { type ClusterId, clusterId, type NodeId, nodeId } from "../shared/paxos/ids.ts";
import type { View } from "../shared/paxos/view.ts";
import { decodeServerFrame, encodeServer } from "../shared/wire/client-codec.ts";
import { joinFrame } from "../shared/wire/codec.ts";
import { segmentOf } from "./storage/format.ts";
import { readNote, writeNote } from "./storage/index.ts";

const idNote = "nameserver";
const viewNote = "view";

export interface KnownView {
  readonly cluster: ClusterId;
  readonly view: View;
}

export class NameserverNotes {
  readonly id: NodeId;
  /** Of the last start; null when there is none, or another version wrote it. */
  readonly known: KnownView | null;
  private readonly dir: string | null;

  /**
   * @param dir the data folder, which this process holds; null to keep nothing
   * @throws StorageError "io"; Error when it is the folder of another kind of node
   */
  constructor(dir: string | null) {
    this.dir = dir;
    const id = dir === null ? null : readNote(dir, idNote);
    if (dir !== null && id === null && readdirSync(dir).some((name) => segmentOf(name) !== null))
      throw new Error(`${dir} holds the log of another node`);
    this.id = nodeId(id ?? randomBytes(8).toString("hex"));
    if (dir !== null && id === null) writeNote(dir, idNote, this.id);
    this.known = knownOf(dir === null ? null : readNote(dir, viewNote));
  }

  /** @throws StorageError "io" */
  keep({ cluster, view }: KnownView): void {
    if (this.dir === null) return;
    const frame = joinFrame([encodeServer({ type: "view", view })]);
    writeNote(this.dir, viewNote, `${cluster} ${Buffer.from(frame).toString("base64")}`);
  }
}

function knownOf(text: string | null): KnownView | null {
  const [cluster = "", frame = ""] = (text ?? "").split(" ");
  try {
    const [message] = frame === "" ? [] : decodeServerFrame(Buffer.from(frame, "base64"));
    return message?.type === "view" ? { cluster: clusterId(cluster), view: message.view } : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
