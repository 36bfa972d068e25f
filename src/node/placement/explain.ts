/** A placement in words: which hosts, why these, and what a failure of one group would take along. */
import { placeNamesMax } from "../../shared/limits.ts";
import { type PlaceableHost, type Placement, type SharedGroup, sharedGroups } from "./greedy.ts";

/**
 * @param voters how many will vote, with those that run already
 * @returns a line for each host, and what they share
 */
export function explain(placement: Placement, voters: number): readonly string[] {
  const { choices, shared } = placement;
  const width = Math.max(...choices.map(({ host }) => host.name.length), 0);
  const lines = choices.map(({ host, shared: with_, equals }) => {
    const groups = host.groups.length === 0 ? "no groups" : host.groups.join(",");
    const others = equals === 0 ? "no other host is as good" : `as good as ${equals} others, and named first`;
    const why = with_.length === 0 ? "shares no group" : `shares ${with_.map(sharing).join("; ")}`;
    return `${host.name.padEnd(width)}  ${groups}: ${why}; ${others}`;
  });
  return [...lines, ...shared.slice(0, placeNamesMax).map(together), verdict(shared, voters)];
}

function sharing({ group, hosts }: SharedGroup): string {
  return `${group} with ${named(hosts)}`;
}

function together({ group, hosts }: SharedGroup): string {
  return `${group} takes along ${hosts.length}: ${named(hosts)}`;
}

function named(hosts: readonly string[]): string {
  const more = hosts.length > placeNamesMax ? [`${hosts.length - placeNamesMax} more`] : [];
  return [...hosts.slice(0, placeNamesMax), ...more].join(", ");
}

/** What one failure can do to voters on these hosts, some of them perhaps on one. @example risk([a, b, c]) */
export function risk(hosts: readonly PlaceableHost[]): string {
  const grouped = hosts.map(({ name, groups }) => ({ name, groups: [name, ...groups] }));
  return verdict(sharedGroups(grouped), hosts.length);
}

function verdict(shared: readonly SharedGroup[], voters: number): string {
  const tolerates = Math.floor((voters - 1) / 2);
  const [first] = shared;
  const most = first?.hosts.length ?? 1;
  if (most <= tolerates)
    return `no failure of one group stops the cluster: of ${voters} voters ${tolerates} may fail, and none takes more than ${most}`;
  return `a failure of one group can stop the cluster: of ${voters} voters ${tolerates} may fail, and ${first?.group ?? "a host"} takes ${most}`;
}
