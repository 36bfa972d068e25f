/**
 * Groups of nodes that watch one another. A group has an epoch, which rises with every change; who joins or reports a
 * failure names the epoch it knows, and learns of a newer one instead. Departs from the original: `wait` waits, a
 * session's report counts once, and reports count in their epoch alone.
 */
import { resume } from "../block.ts";
import { invocation } from "../invocation.ts";
import type { Reads } from "../surface.ts";
import { countOf, timeoutOf } from "../sync/arguments.ts";
import type { Blocked } from "../ticket.ts";
import { Tickets } from "../tickets.ts";
import type { SessionId } from "../types.ts";
import { text } from "./parts/arguments.ts";
import { keyError } from "./parts/errors.ts";
import { wait } from "./parts/waiting.ts";

/** The members of a group and its epoch. */
export type GroupState = [members: string[], epoch: number];

export class Group {
  readonly minsize: number;
  epoch = 1;
  /** By name: the sessions that said in this epoch that it has failed. */
  readonly members = new Map<string, Set<SessionId>>();
  readonly waiting = new Tickets<GroupState | null>();

  constructor(minsize: number) {
    this.minsize = minsize;
  }
}

function stateOf({ members, epoch }: Group): GroupState {
  return [[...members.keys()], epoch];
}

/** A new epoch: nobody has failed in it, and who waits learns of it. */
function advance(group: Group): void {
  group.epoch += 1;
  for (const strikes of group.members.values()) strikes.clear();
  while (resume(group.waiting, stateOf(group)));
}

export class MeshMembership {
  static reads = [
    "get_group_members",
    "get_group_epoch",
    "get_group_state",
    "is_complete",
    "check_member",
  ] satisfies Reads<MeshMembership>;
  private readonly groups = new Map<string, Group>();

  /** A group that is there stays as it is. @throws VALUE_ERROR */
  add_group(gname: string, minsize: number): void {
    const group = new Group(countOf("minsize", minsize, 0));
    if (!this.groups.has(text(gname, "gname"))) this.groups.set(gname, group);
  }

  /** Who waits for the group gets a KeyError, too. @throws KeyError when there is no such group */
  remove_group(gname: string): void {
    const { waiting } = this._group(gname);
    this.groups.delete(gname);
    while (resume(waiting, missing(gname)));
  }

  /** @throws KeyError when there is no such group */
  get_group_members(gname: string): string[] {
    return [...this._group(gname).members.keys()];
  }

  /** 1 and up. @throws KeyError when there is no such group */
  get_group_epoch(gname: string): number {
    return this._group(gname).epoch;
  }

  /** @throws KeyError when there is no such group */
  get_group_state(gname: string): GroupState {
    return stateOf(this._group(gname));
  }

  /** Whether it has its `minsize`. @throws KeyError when there is no such group */
  is_complete(gname: string): boolean {
    const { members, minsize } = this._group(gname);
    return members.size >= minsize;
  }

  /**
   * Adds a node, if `epochno` is the group's epoch.
   *
   * @returns whether it was, and the epoch now
   * @throws KeyError when there is no such group; VALUE_ERROR
   */
  approve_join(gname: string, node: string, epochno: number): [joined: boolean, epoch: number] {
    const group = this._group(gname);
    const name = text(node, "node");
    if (group.epoch !== epochno) return [false, group.epoch];
    if (!group.members.has(name)) group.members.set(name, new Set());
    advance(group);
    return [true, group.epoch];
  }

  /** @returns whether the node is a member, and the epoch. @throws KeyError when there is no such group */
  check_member(gname: string, node: string): [member: boolean, epoch: number] {
    const { members, epoch } = this._group(gname);
    return [members.has(node), epoch];
  }

  /**
   * Waits for the next change of the group.
   *
   * @param timeout ms of log time; -1 or absent is for ever
   * @returns members and epoch after it; null when the time is over
   * @throws KeyError when there is no such group (any more); VALUE_ERROR
   */
  wait(gname: string, timeout = -1): GroupState | null | Blocked<GroupState | null> {
    const { waiting } = this._group(gname);
    const millis = timeoutOf(timeout);
    if (millis === 0) return null;
    return wait(waiting, millis, null);
  }

  /**
   * Says that a node has failed. When half of the members' number say so in one epoch, it is removed.
   *
   * @returns members and epoch; when `epoch` is an older one, nothing else happened
   * @throws KeyError when there is no such group, or the node is no member
   */
  notify_failure(gname: string, epoch: number, failednode: string): GroupState {
    const group = this._group(gname);
    if (group.epoch !== epoch) return stateOf(group);
    const strikes = group.members.get(failednode);
    if (strikes === undefined) throw keyError(`${failednode} is no member of ${gname}`);
    strikes.add(invocation().session);
    if (2 * strikes.size >= group.members.size) {
      group.members.delete(failednode);
      advance(group);
    }
    return stateOf(group);
  }

  _group(gname: string): Group {
    const group = this.groups.get(gname);
    if (group === undefined) throw missing(gname);
    return group;
  }
}

function missing(gname: string): Error {
  return keyError(`there is no group ${gname}`);
}
