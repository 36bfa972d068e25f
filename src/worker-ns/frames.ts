/** The messages between a follower of views and a node, as bytes: shared/wire/client-codec.ts has all of them. */
import { addrCharsMax, membersMax } from "../shared/limits.ts";
import { count, list, node, nodeOrNull, text, tuple } from "../shared/wire/fields.ts";
import type { ClientMessage, ServerMessage } from "../shared/wire/messages.ts";
import { role, view } from "../shared/wire/paxos-fields.ts";
import { decode, encode } from "./cbor.ts";

/** As the wire format numbers them. */
const pingTag = 6;
const followTag = 8;
const membersTag = 7;
const viewTag = 11;

const ping = encode([pingTag]);
const follow = encode([followTag]);

/** @returns null for what no follower sends */
export function encodeFollower({ type }: ClientMessage): Uint8Array | null {
  if (type === "ping") return ping;
  return type === "follow" ? follow : null;
}

/**
 * What of a frame concerns a follower: the rest, as a pong, says only that the node is alive.
 * @throws BadFrame naming the field that is wrong
 */
export function decodeFollowed(frame: Uint8Array): readonly ServerMessage[] {
  return decode(frame).flatMap((item): readonly ServerMessage[] => {
    const tag: unknown = Array.isArray(item) ? item[0] : null;
    if (tag === membersTag) return [members(tuple(item, "members", 5))];
    return tag === viewTag ? [{ type: "view", view: view(tuple(item, "view", 2)[1]) }] : [];
  });
}

function members([, id, leader, number, all]: readonly unknown[]): ServerMessage {
  return {
    type: "members",
    id: node(id, "members.id"),
    leader: nodeOrNull(leader, "members.leader"),
    view: count(number, "members.view"),
    members: list(all, "members.members", membersMax, (each) => {
      const [member, as, addr] = tuple(each, "members[]", 3);
      return {
        id: node(member, "members[].id"),
        role: role(as, "members[].role"),
        addr: text(addr, "members[].addr", addrCharsMax),
      };
    }),
  };
}
