/** Who is there and who waits: sessions, blocked callers, holders of locks. */
import type { Standing } from "../shared/server/page-report.ts";
import type { BlockedStatus, LockStatus } from "../shared/server/standing.ts";
import { byId, h, nothing, part, setText } from "./dom.ts";

export function showStanding(
  { sessions, blocked, locks }: Standing,
  methodOf: (session: string, seq: number) => string,
): void {
  const waiting = blocked.map((b) => ({ ...b, method: methodOf(b.session, b.seq) }));
  part("blocked", waiting, () => listOf(waiting, "No caller is blocked.", blockedLine));
  part("locks", locks, () => listOf(locks, "Nothing is held.", lockLine));
  setText(byId("sessions-count", HTMLElement), String(sessions.count));
  part("sessions", sessions.list, () =>
    listOf(sessions.list, "No session is open.", ({ id, user, ttl, lastHeardAgo, blocked: calls }) => [
      h("code", {}, id),
      user === null ? "" : ` ${user}`,
      h("small", {}, ` heard ${seconds(lastHeardAgo)} ago, lives ${seconds(ttl)}`),
      calls === 0 ? "" : h("span", { class: "tag" }, `${calls} blocked`),
    ]),
  );
}

type Line = readonly (Node | string)[];

function listOf<T>(items: readonly T[], none: string, line: (item: T) => Line): readonly Node[] {
  if (items.length === 0) return [nothing(none)];
  return [h("ul", {}, ...items.map((item) => h("li", {}, ...line(item))))];
}

function blockedLine(b: BlockedStatus & { readonly method: string }): Line {
  const until = b.left === null ? "until it is resumed" : `${seconds(b.left)} left`;
  return [
    h("b", {}, `${b.object}${b.method}`),
    h("small", {}, " session "),
    h("code", {}, b.session),
    h("small", {}, ` call ${b.seq}, ${until}`),
  ];
}

function lockLine({ object, holders, token, waiting }: LockStatus): Line {
  const held = holders.flatMap(({ session, name, times }) => [
    h("small", {}, " session "),
    h("code", {}, session),
    h("small", {}, `${name === "" ? "" : ` as ${name}`}${times > 1 ? ` × ${times}` : ""}`),
  ]);
  const more = token === null ? [] : [h("small", {}, " token "), h("code", {}, String(token))];
  return [
    h("b", {}, object),
    ...held,
    ...more,
    ...(waiting === 0 ? [] : [h("span", { class: "tag" }, `${waiting} wait`)]),
  ];
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
