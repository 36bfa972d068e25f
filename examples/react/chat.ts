/** A room to talk in. The same code runs on the replicas and in every page. */
import { invocation } from "concoord/object";

export interface Said {
  /** How many were said before it. */
  readonly id: number;
  readonly text: string;
  /** Milliseconds since 1970, agreed. */
  readonly at: number;
}

export class Chat {
  static name = "Chat";
  said = 0;
  lines: Said[] = [];

  say(text: string): void {
    this.lines.push({ id: this.said++, text, at: invocation().now });
    if (this.lines.length > 100) this.lines.shift();
  }
}
