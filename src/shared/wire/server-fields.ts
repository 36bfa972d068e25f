/** The messages of nodes to clients, field by field, but for answers (client-codec.ts). */
import { classesMax, membersMax } from "../limits.ts";
import { classInfo } from "./command-codec.ts";
import { bytes, code, count, node, seqField, session, slotField } from "./fields.ts";
import type { ServerMessage } from "./messages.ts";
import { role } from "./paxos-fields.ts";
import { addr, hash, listOf, type MessageReaders, orNull, record, sentence } from "./record.ts";

export type Answering = Extract<ServerMessage, { readonly type: "answer" | "readAnswer" }>;
type Followed = Extract<ServerMessage, { readonly type: "view" }>;
export type Telling = Exclude<ServerMessage, Answering | Followed>;

const member = record("members[]", { id: node, role, addr });

export const serverReaders: MessageReaders<Telling> = {
  opened: { secretHash: hash, session, classes: listOf(classesMax, classInfo) },
  openRefused: { secretHash: hash, code, message: sentence },
  attached: { session, next: seqField },
  ended: { session },
  refused: { session, firstSeq: seqField, code, message: sentence },
  members: { id: node, leader: orNull(node), view: count, members: listOf(membersMax, member) },
  pong: {},
  seen: { slot: slotField },
  feedSnapshot: { feed: count, next: seqField, body: bytes },
  feedInputs: { feed: count, slot: slotField, body: bytes },
  feedEnd: { feed: count, code, message: sentence },
};
