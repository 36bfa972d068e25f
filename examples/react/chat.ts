/** A room to talk in. The same code runs on the replicas and in every page. */
import { invocation } from "concoord/object";

export interface Said {
  readonly text: string;
  /** Milliseconds since 1970, agreed. */
  readonly at: number;
}

export class Chat {
  static name = "Chat";
  lines: Said[] = [];

  say(text: string): void {
    this.lines.push({ text, at: invocation().now });
    if (this.lines.length > 100) this.lines.shift();
  }
}
