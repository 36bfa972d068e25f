/** The longer messages of nodes to clients, field by field (client-codec.ts). */
import { addrCharsMax, classesMax, membersMax, reasonCharsMax } from "../limits.ts";
import { classInfo } from "./command-codec.ts";
import { code, count, hex, list, node, nodeOrNull, seqField, session, text, tuple } from "./fields.ts";
import type { ServerMessage } from "./messages.ts";
import { role } from "./paxos-fields.ts";

export function opened(t: readonly unknown[]): ServerMessage {
  return {
    type: "opened",
    secretHash: hex(t[1], "opened.secretHash", 64),
    session: session(t[2], "opened.session"),
    classes: list(t[3], "opened.classes", classesMax, classInfo),
  };
}

export function openRefused(t: readonly unknown[]): ServerMessage {
  return {
    type: "openRefused",
    secretHash: hex(t[1], "openRefused.secretHash", 64),
    code: code(t[2], "openRefused.code"),
    message: text(t[3], "openRefused.message", reasonCharsMax),
  };
}

export function refused(t: readonly unknown[]): ServerMessage {
  return {
    type: "refused",
    session: session(t[1], "refused.session"),
    firstSeq: seqField(t[2], "refused.firstSeq"),
    code: code(t[3], "refused.code"),
    message: text(t[4], "refused.message", reasonCharsMax),
  };
}

export function members(t: readonly unknown[]): ServerMessage {
  return {
    type: "members",
    id: node(t[1], "members.id"),
    leader: nodeOrNull(t[2], "members.leader"),
    view: count(t[3], "members.view"),
    members: list(t[4], "members.members", membersMax, (v) => {
      const [id, as, addr] = tuple(v, "members[]", 3);
      return {
        id: node(id, "members[].id"),
        role: role(as, "members[].role"),
        addr: text(addr, "members[].addr", addrCharsMax),
      };
    }),
  };
}
