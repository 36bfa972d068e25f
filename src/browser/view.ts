/** Shows what /status.json says. Each part is drawn anew only when it changed, so that nothing flickers. */
import type { MemberStatus, Status } from "../shared/server/status.ts";
import { byId, h } from "./dom.ts";

const drawn = new Map<string, string>();

/** @param onObject called with class and name when an object is chosen */
export function show(status: Status, onObject: (type: string, name: string) => void): void {
  headline(status);
  part("members", [status.view.members, status.leader], () =>
    status.view.members.map((member) => memberRow(member, status)),
  );
  const { round, id } = status.ballot;
  part("facts", [status.cluster, status.view.number, round, id, status.sessions, status.addr], () =>
    facts([
      ["cluster", status.cluster],
      ["view", String(status.view.number)],
      ["ballot", `round ${round} of ${nameOf(status, id)}`],
      ["sessions", String(status.sessions)],
      ["this node", status.addr],
    ]),
  );
  part("problems", status.problems, () => status.problems.map((text) => h("li", {}, text)));
  part("objects", status.objects, () =>
    status.objects.slice(0, 50).map((o) => {
      const button = h("button", { type: "button" }, `${o.class}/${o.name}`);
      button.addEventListener("click", () => onObject(o.class, o.name));
      return button;
    }),
  );
}

export function showUnreachable(): void {
  state("bad", "This node does not answer; trying again…");
}

function headline(status: Status): void {
  const alive = status.view.members.filter((m) => m.alive).length;
  const all = status.view.members.length;
  const failures = status.tolerates === 1 ? "1 failure" : `${status.tolerates} failures`;
  if (status.leader === null) state("bad", `No leader: ${alive} of ${all} members answer`);
  else state(alive === all ? "good" : "bad", `${alive} of ${all} members answer, tolerates ${failures}`);
}

function state(kind: "good" | "bad", text: string): void {
  const element = byId("state", HTMLElement);
  element.className = kind;
  // Writing the same text again would make screen readers say it again.
  if (element.textContent !== text) element.textContent = text;
}

function part(id: string, data: unknown, draw: () => readonly Node[]): void {
  const key = JSON.stringify(data);
  if (drawn.get(id) === key) return;
  drawn.set(id, key);
  byId(id, HTMLElement).replaceChildren(...draw());
}

function memberRow(member: MemberStatus, status: Status): Node {
  const alive = member.alive ? "alive" : "silent";
  const leads = member.id === status.leader?.id;
  return h(
    "div",
    { class: "member" },
    h("div", {}, h("b", {}, member.addr), leads ? h("span", { class: "tag" }, "leader") : null),
    h("div", { class: `right ${member.alive ? "good" : "bad"}` }, `● ${alive}`),
    h("small", {}, `${member.role} ${member.id}`),
    h(
      "small",
      { class: "right number", title: "slots of the log decided, and executed" },
      `decided ${member.decided}, executed ${member.executed}`,
    ),
  );
}

function facts(pairs: readonly (readonly [string, string])[]): readonly Node[] {
  return pairs.flatMap(([name, value]) => [h("dt", {}, name), h("dd", { class: "number" }, value)]);
}

function nameOf(status: Status, id: string): string {
  return status.view.members.find((m) => m.id === id)?.addr ?? id;
}
