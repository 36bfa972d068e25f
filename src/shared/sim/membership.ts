/** What view changes do, written apart from the core: the checker must not share its mistakes. */
import type { Member, View, ViewChange } from "../paxos/view.ts";

/** The members after a change that was made against the newest view; null when it does nothing (rule 7). */
export function afterChange(members: readonly Member[], change: ViewChange): readonly Member[] | null {
  const table = new Map(members.map((member) => [member.id, member]));
  if (!apply(table, change)) return null;
  const after = [...table.values()];
  const addrs = new Set(after.map((m) => m.addr));
  const replicas = after.filter((m) => m.role === "replica").length;
  return addrs.size === after.length && replicas > 0 ? after : null;
}

/** Whether it changes anything. */
function apply(table: Map<string, Member>, change: ViewChange): boolean {
  switch (change.type) {
    case "join":
      if (table.has(change.member.id)) return false;
      table.set(change.member.id, change.member);
      return true;
    case "replace":
      if (table.has(change.member.id) || !table.delete(change.id)) return false;
      table.set(change.member.id, change.member);
      return true;
    case "move": {
      const { id, addr, domain, groups } = change.member;
      const before = table.get(id);
      if (before !== undefined) table.set(id, { ...before, addr, domain, groups });
      return before !== undefined;
    }
    case "leave":
      return table.delete(change.id);
    case "evict":
      return change.ids.length > 0 && change.ids.every((id) => table.delete(id));
    case "away": {
      const before = table.get(change.id);
      if (before === undefined || before.away === change.away) return false;
      table.set(change.id, { ...before, away: change.away });
      return true;
    }
  }
}

/** Whether two views have one number and the same members; their order says nothing. */
export function sameView(a: View | undefined, b: View): boolean {
  return a !== undefined && a.number === b.number && a.first === b.first && text(a) === text(b);
}

function text({ members }: View): string {
  const lines = members.map((m) => `${m.id} ${m.role} ${m.addr} ${m.domain} ${m.groups.join("+")} ${m.away}`);
  return lines.sort().join("\n");
}
