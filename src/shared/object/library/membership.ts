/** A set of members: names of nodes, of people, of whatever takes part. */
import type { Reads } from "../surface.ts";
import { text } from "./parts/arguments.ts";
import { keyError } from "./parts/errors.ts";

export class Membership {
  static reads = ["contains", "get_members", "get_size"] satisfies Reads<Membership>;
  private readonly members = new Set<string>();

  /** Whoever is a member stays one. */
  add(member: string): void {
    this.members.add(text(member, "member"));
  }

  /** @throws KeyError when it is no member */
  remove(member: string): void {
    if (!this.members.delete(member)) throw keyError(`${member} is no member`);
  }

  contains(member: string): boolean {
    return this.members.has(member);
  }

  /** In the order in which they were added. */
  get_members(): string[] {
    return [...this.members];
  }

  get_size(): number {
    return this.members.size;
  }
}
