/** What an operator reads in the log of a node that runs: who leads, who is a member, what is wrong; as it changes. */
import type { MemberStatus, Status } from "../../shared/server/status.ts";
import type { Level } from "./levels.ts";

/** A line of the log. */
export interface Line {
  readonly level: Level;
  readonly text: string;
}

/** What of a status is told. */
export type Told = Pick<Status, "id" | "leader" | "problems"> & {
  readonly view: Pick<Status["view"], "number" | "members">;
};

/**
 * The lines that say what changed between two looks at one node.
 * @param before null at the first look, when only what is wrong is told
 * @example changesOf(before, node.status(0)) // [{ level: "info", text: "view 8: 10.0.0.9:14000 joined" }]
 */
export function changesOf(before: Told | null, now: Told): readonly Line[] {
  const known = before?.problems ?? [];
  const wrong = now.problems.filter((problem) => !known.includes(problem));
  const lines: Line[] = wrong.map((text) => ({ level: "warn", text }));
  if (before === null) return lines;
  const over = known.filter((problem) => !now.problems.includes(problem));
  lines.push(...over.map((problem): Line => ({ level: "info", text: `no longer: ${problem}` })));
  return [...leading(before, now), ...members(before, now), ...lines];
}

function leading({ leader: old }: Told, { id, leader }: Told): readonly Line[] {
  if (old?.id === leader?.id) return [];
  if (leader === null) return [{ level: "warn", text: "nobody is known to lead" }];
  return [{ level: "info", text: leader.id === id ? "this node leads" : `${leader.addr} leads` }];
}

function members(before: Told, now: Told): readonly Line[] {
  if (before.view.number === now.view.number) return [];
  const old = new Map(before.view.members.map((member) => [member.id, member]));
  const ids = new Set(now.view.members.map(({ id }) => id));
  const parts = now.view.members.flatMap((member) => changed(old.get(member.id), member));
  const gone = before.view.members.filter(({ id }) => !ids.has(id)).map(({ addr }) => `${addr} is gone`);
  const what = [...parts, ...gone];
  return [
    { level: "info", text: `view ${now.view.number}${what.length === 0 ? "" : `: ${what.join(", ")}`}` },
  ];
}

function changed(old: MemberStatus | undefined, now: MemberStatus): readonly string[] {
  if (old === undefined) return [`${now.addr} joined as ${now.role}`];
  const moved = old.addr === now.addr ? [] : [`${old.addr} moved to ${now.addr}`];
  if (old.away === now.away) return moved;
  return [...moved, now.away ? `${now.addr} is away` : `${now.addr} is back`];
}
