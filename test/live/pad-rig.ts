/** A pad of lines, one program that writes on it and one that follows it. */
import { LiveRig } from "./rig.ts";

export class Pad {
  lines: string[] = [];
  size = 0;
  add(line: string): number {
    this.size += line.length;
    return this.lines.push(line);
  }
  note(text: string): void {
    this.size += text.length;
  }
}

/** The pad has one line, and who follows it is ready. */
export async function padRig() {
  const rig = await LiveRig.start(Pad);
  const writer = rig.client().connect(Pad);
  await rig.done(writer.add("first"));
  const pad = rig.client().live(Pad);
  await rig.done(pad.ready);
  return { rig, writer, pad, wire: rig.wire };
}
