/** The messages of upgrade-messages.ts as bytes: one tuple each, the tag in front, in the frames of peer-codec.ts. */
import { addrCharsMax, classesMax, codeBytesMax, codeFilesMax, nameCharsMax } from "../limits.ts";
import type { CodeName } from "../object/held-code.ts";
import { unreachable } from "../paxos/ids.ts";
import { bad } from "./bad-frame.ts";
import { classInfo, classTuple } from "./command-codec.ts";
import { list, slotField, text, tuple } from "./fields.ts";
import type { PeerMessage } from "./messages.ts";
import type { CodeModule, UpgradeMessage } from "./upgrade-messages.ts";

/** Characters of the path of a folder. */
const pathCharsMax = 32_768;

/** Part of the wire format, with the tags of the other files: numbers are never given to another message. */
const tags = {
  offerCode: 40,
  askCode: 41,
  holdsCode: 42,
  fetchCode: 43,
  askUpgrade: 44,
  upgraded: 45,
  askLog: 46,
} as const satisfies Record<UpgradeMessage["type"], number>;

export function isUpgrade(m: PeerMessage): m is UpgradeMessage {
  return Object.hasOwn(tags, m.type);
}

export function upgradeFields(m: UpgradeMessage): readonly unknown[] {
  switch (m.type) {
    case "offerCode": {
      const { files, origin, classes } = m.module;
      return [tags.offerCode, files.map((file) => [file.path, file.text]), origin, classes.map(nameTuple)];
    }
    case "askCode":
      return [tags.askCode, m.classes.map(nameTuple)];
    case "holdsCode":
      return [tags.holdsCode, m.classes.map(nameTuple)];
    case "fetchCode":
      return [tags.fetchCode, nameTuple(m.of)];
    case "askUpgrade":
      return [tags.askUpgrade, m.classes.map(classTuple)];
    case "upgraded":
      return [tags.upgraded, m.slot];
    case "askLog":
      return [tags.askLog, m.from];
    default:
      return unreachable(m);
  }
}

/** Null when `tag` is none of these. @throws BadFrame naming the field that is wrong */
export function upgradeMessage(tag: unknown, item: readonly unknown[]): UpgradeMessage | null {
  switch (tag) {
    case tags.offerCode:
      return { type: "offerCode", module: codeModule(tuple(item, "offerCode", 4)) };
    case tags.askCode:
      return { type: "askCode", classes: names(tuple(item, "askCode", 2)[1]) };
    case tags.holdsCode:
      return { type: "holdsCode", classes: names(tuple(item, "holdsCode", 2)[1]) };
    case tags.fetchCode:
      return { type: "fetchCode", of: codeName(tuple(item, "fetchCode", 2)[1]) };
    case tags.askUpgrade: {
      const [, classes] = tuple(item, "askUpgrade", 2);
      return { type: "askUpgrade", classes: list(classes, "askUpgrade.classes", classesMax, classInfo) };
    }
    case tags.upgraded:
      return { type: "upgraded", slot: slotField(tuple(item, "upgraded", 2)[1], "upgraded.slot") };
    case tags.askLog:
      return { type: "askLog", from: slotField(tuple(item, "askLog", 2)[1], "askLog.from") };
    default:
      return null;
  }
}

function nameTuple({ name, fingerprint }: CodeName): readonly unknown[] {
  return [name, fingerprint];
}

function names(v: unknown): readonly CodeName[] {
  return list(v, "code.classes", classesMax, codeName);
}

function codeName(v: unknown): CodeName {
  const [name, fingerprint] = tuple(v, "code", 2);
  return {
    name: text(name, "code.name", nameCharsMax),
    fingerprint: text(fingerprint, "code.fingerprint", nameCharsMax),
  };
}

function codeModule(t: readonly unknown[]): CodeModule {
  let left = codeBytesMax;
  const files = list(t[1], "module.files", codeFilesMax, (v) => {
    const [path, content] = tuple(v, "module.file", 2);
    const file = {
      path: text(path, "module.path", addrCharsMax),
      text: text(content, "module.text", left),
    };
    left -= file.text.length;
    if (!isBelow(file.path)) bad("module.path", "a path below its folder");
    return file;
  });
  if (files.length === 0) bad("module.files", "a list with a module");
  const origin = text(t[2], "module.origin", pathCharsMax);
  return { files, origin, classes: names(t[3]) };
}

/** A path of names, which leads nowhere else. */
function isBelow(path: string): boolean {
  return /^[^/\\:\0]+(?:\/[^/\\:\0]+)*$/.test(path) && !path.split("/").some((name) => /^\.+$/.test(name));
}
