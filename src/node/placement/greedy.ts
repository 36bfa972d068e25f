/**
 * Where to place replicas: on hosts that share as few failure groups as possible, so that no rack, power line or
 * cooling unit takes many of them along. The greedy choice of OpenReplica (Altinbuken and Sirer, 2012): one host after
 * the other, each the one that shares least with those before it.
 */

/** A machine, and what it may fail together with others by. */
export interface PlaceableHost {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Two hosts, or more, of the chosen ones would fail with this group. */
export interface SharedGroup {
  readonly group: string;
  readonly hosts: readonly string[];
}

export interface Choice {
  readonly host: PlaceableHost;
  /** What it shares with hosts before it. */
  readonly shared: readonly SharedGroup[];
  /** How many other hosts would have done as well. */
  readonly equals: number;
}

export interface Placement {
  readonly choices: readonly Choice[];
  /** Groups of two of the hosts and more, the largest first. */
  readonly shared: readonly SharedGroup[];
}

/**
 * In time proportional to `count` times the groups of all hosts.
 *
 * @param hosts the first of equals is chosen; names are unique
 * @param count how many to choose
 * @param taken hosts that have one already: nothing is placed on them, and what they share counts
 * @throws RangeError when there are too few hosts
 * @example place([{ name: "a", groups: ["rack1"] }, { name: "b", groups: ["rack1"] }, ...], 3).choices
 */
export function place(
  hosts: readonly PlaceableHost[],
  count: number,
  taken: readonly PlaceableHost[] = [],
): Placement {
  const names = new Set(taken.map(({ name }) => name));
  const free = hosts.filter(({ name }) => !names.has(name));
  if (free.length < count) throw new RangeError(`${count} hosts are wanted, and ${free.length} are free`);
  const crowd = new Crowd(free);
  /** Chosen hosts, by group. */
  const members = new Map<string, string[]>();
  for (const host of taken) {
    join(members, host);
    crowd.take(host.groups);
  }
  const choices: Choice[] = [];
  for (let i = 0; i < count; i++) {
    const { at, equals } = crowd.best();
    const host = free[at] as PlaceableHost;
    const shared = sharedBy(members, host.groups);
    crowd.take(host.groups, at);
    join(members, host);
    choices.push({ host, shared, equals });
  }
  return { choices, shared: sharedOf(members) };
}

/** Groups of two of the hosts and more, the largest first. */
export function sharedGroups(hosts: readonly PlaceableHost[]): readonly SharedGroup[] {
  const members = new Map<string, string[]>();
  for (const host of hosts) join(members, host);
  return sharedOf(members);
}

function sharedOf(members: ReadonlyMap<string, readonly string[]>): readonly SharedGroup[] {
  const all = [...members].map(([group, hosts]) => ({ group, hosts }));
  return all.filter((one) => one.hosts.length > 1).sort((a, b) => b.hosts.length - a.hosts.length);
}

/** All hosts as numbers: each is looked at once for each choice. */
class Crowd {
  private readonly ids = new Map<string, number>();
  /** The groups of each host. */
  private readonly groups: readonly Int32Array[];
  /** How many hosts each group holds, and how many chosen ones. */
  private readonly sizes: Int32Array;
  private readonly taken: Int32Array;
  private readonly chosen = new Set<number>();

  constructor(hosts: readonly PlaceableHost[]) {
    this.groups = hosts.map((host) => Int32Array.from(host.groups, (group) => this.idOf(group)));
    this.sizes = new Int32Array(this.ids.size);
    this.taken = new Int32Array(this.ids.size);
    for (const own of this.groups) for (const id of own) this.sizes[id] = (this.sizes[id] ?? 0) + 1;
  }

  /** @param at the host that is chosen; none for one that was before */
  take(groups: readonly string[], at?: number): void {
    for (const group of groups) {
      const id = this.ids.get(group);
      // A group of none of the hosts is shared with none.
      if (id !== undefined) this.taken[id] = (this.taken[id] ?? 0) + 1;
    }
    if (at !== undefined) this.chosen.add(at);
  }

  /**
   * The host for which one group would take along the fewest; of these the one that shares least, in all; of these the
   * one whose groups hold the fewest hosts, so that more is left to choose from.
   */
  best(): { readonly at: number; readonly equals: number } {
    let [at, equals] = [-1, 0];
    let least: readonly [most: number, sum: number, crowd: number] = [Number.POSITIVE_INFINITY, 0, 0];
    for (const [i, own] of this.groups.entries()) {
      let [most, sum, crowd] = [0, 0, 0];
      for (const id of own) {
        const n = this.taken[id] ?? 0;
        if (n > most) most = n;
        sum += n;
        crowd += this.sizes[id] ?? 0;
      }
      const order = most - least[0] || sum - least[1] || crowd - least[2];
      if (order > 0 || this.chosen.has(i)) continue;
      if (order === 0) equals++;
      else {
        [at, equals] = [i, 0];
        least = [most, sum, crowd];
      }
    }
    return { at, equals };
  }

  private idOf(group: string): number {
    const known = this.ids.get(group);
    if (known !== undefined) return known;
    this.ids.set(group, this.ids.size);
    return this.ids.size - 1;
  }
}

function join(members: Map<string, string[]>, { name, groups }: PlaceableHost): void {
  for (const group of groups) {
    const list = members.get(group);
    if (list === undefined) members.set(group, [name]);
    else list.push(name);
  }
}

function sharedBy(
  members: ReadonlyMap<string, readonly string[]>,
  groups: readonly string[],
): readonly SharedGroup[] {
  return groups.flatMap((group) => {
    const hosts = members.get(group) ?? [];
    return hosts.length === 0 ? [] : [{ group, hosts: [...hosts] }];
  });
}

/** The most chosen hosts that fail with one group; 1 when no two share any. */
export function mostLost({ shared }: Placement): number {
  return shared[0]?.hosts.length ?? 1;
}
