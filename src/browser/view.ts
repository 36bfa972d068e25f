/** The view: who is a member, who leads, how far each is, and what an operator should know. */
import type { MemberStatus, Status } from "../shared/server/status.ts";
import { byId, cell, h, part, row, setText } from "./dom.ts";

const state = byId("state", HTMLElement);

export function showView(status: Status): void {
  headline(status);
  part("members", [status.view.members, status.leader, status.id], () =>
    status.view.members.map((member) => memberRow(member, status)),
  );
  part("problems", status.problems, () => status.problems.map((text) => h("li", { class: "problem" }, text)));
  part("facts", factsOf(status), () =>
    factsOf(status).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
  setText(byId("node", HTMLElement), `${status.role} ${status.addr}`);
  document.title = `${status.addr} · concoord`;
}

export function showLost(why: string): void {
  say("bad", why);
  document.body.dataset["live"] = "no";
}

function headline(status: Status): void {
  document.body.dataset["live"] = "yes";
  const alive = status.view.members.filter((m) => m.alive).length;
  const all = status.view.members.length;
  const failures = status.tolerates === 1 ? "1 failure" : `${status.tolerates} failures`;
  if (status.leader === null) say("bad", `No leader: ${alive} of ${all} members answer`);
  else say(alive === all ? "good" : "warn", `${alive} of ${all} members answer, tolerates ${failures}`);
}

function say(kind: "good" | "warn" | "bad", text: string): void {
  state.className = kind;
  setText(state, text);
}

function factsOf(status: Status): readonly (readonly [string, string])[] {
  const { round, id } = status.ballot;
  const number = (n: number) => n.toLocaleString("en");
  return [
    ["leader", status.leader?.addr ?? "none"],
    ["ballot", `${round} of ${nameOf(status, id)}`],
    ["view", String(status.view.number)],
    ["failures tolerated", String(status.tolerates)],
    ["decided", number(status.decided)],
    ["executed", number(status.executed)],
    ["snapshot", status.snapshot === 0 ? "none yet" : `slot ${number(status.snapshot)}`],
    ["sessions", number(status.sessions)],
    ["blocked calls", number(status.blocked)],
    ["up", duration(status.uptimeMs)],
    ["version", status.version],
    ["cluster", status.cluster],
  ];
}

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return "< 1 min";
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

function memberRow(member: MemberStatus, status: Status): Node {
  const leads = member.id === status.leader?.id;
  const most = Math.max(status.decided, ...status.view.members.map((m) => m.decided));
  const lag = Math.max(0, most - member.executed);
  const holds = member.role === "replica" || member.role === "learner";
  const alive = member.away ? "away" : member.alive ? "alive" : "silent";
  const tags = [leads ? "leader" : "", member.id === status.id ? "this node" : ""].filter((t) => t !== "");
  return row(
    cell(
      "who",
      h("b", {}, member.addr),
      ...tags.map((t) => h("span", { class: `tag ${t === "leader" ? "lead" : ""}` }, t)),
      h("small", {}, `${member.role} ${member.id}`),
    ),
    cell(`is ${alive === "alive" ? "good" : "bad"}`, alive),
    cell("n", String(member.decided)),
    cell("n", holds ? String(member.executed) : "–"),
    cell(`n ${lag > 1_000 ? "bad" : ""}`, holds ? String(lag) : "–"),
  );
}

function nameOf(status: Status, id: string): string {
  return status.view.members.find((m) => m.id === id)?.addr ?? id;
}
