/** Names: RFC 1035 2.3.4 and 3.1, their text by 5.1, equality by RFC 4343. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BadName,
  checkedName,
  child,
  isWithin,
  keyOf,
  labels,
  nameOf,
  root,
  sameName,
  textOf,
} from "../../src/shared/dns/name.ts";
import { anyName, ascii, hexOf } from "./arbitrary.ts";

describe("text", () => {
  test.each([
    [".", "00"],
    ["F.ISI.ARPA", "0146034953490441525041 00"],
    ["F.ISI.ARPA.", "0146034953490441525041 00"],
    ["_concoord._tcp.x", "095f636f6e636f6f7264 045f746370 0178 00"],
    ["a\\.b.c", "03612e62 0163 00"],
    ["\\000\\255\\046", "0300ff2e 00"],
    ["\\\\.\\a", "015c 0161 00"],
  ])("%s on the wire", (text, wire) => {
    expect(hexOf(nameOf(text))).toBe(wire.replaceAll(" ", ""));
  });

  test.each([
    ["F.ISI.ARPA", "F.ISI.ARPA."],
    ["a\\.b.c", "a\\.b.c."],
    ["\\000\\032\\127\\255", "\\000\\032\\127\\255."],
    ['a\\@b\\$\\;\\(\\)\\"\\\\', 'a\\@b\\$\\;\\(\\)\\"\\\\.'],
    ["\\@", "\\@."],
  ])("%s as dig prints it", (text, printed) => {
    expect(textOf(nameOf(text))).toBe(printed);
  });

  test.each([
    ["", "an empty label"],
    ["..", "an empty label"],
    [".a", "an empty label"],
    ["a..b", "an empty label"],
    ["x".repeat(64), "over 63 bytes"],
    [`${`${"x".repeat(63)}.`.repeat(3)}${"x".repeat(62)}`, "over 255 bytes"],
    ["b\u00fccher.example", "not ASCII"],
    ["a\\", "without a character"],
    ["a\\25", "without a character"],
    ["a\\256", "over 255"],
    ["a\\\u00fc", "not ASCII"],
  ])("%j is no name", (text, why) => {
    expect(() => nameOf(text)).toThrow(BadName);
    expect(() => nameOf(text)).toThrow(why);
  });

  test("the longest label and name fit", () => {
    const longest = `${`${"x".repeat(63)}.`.repeat(3)}${"x".repeat(61)}`;
    expect(nameOf(longest).length).toBe(255);
    expect(textOf(nameOf(longest))).toBe(`${longest}.`);
  });

  test("any name comes back from its text", () => {
    const back = fc.property(anyName, (name) => {
      expect(nameOf(textOf(name))).toEqual(name);
    });
    fc.assert(back);
  });
});

describe("comparison", () => {
  test("ignores the case of ASCII letters and of nothing else", () => {
    expect(sameName(nameOf("ExAmple.COM"), nameOf("eXample.com"))).toBe(true);
    expect(keyOf(nameOf("ExAmple.COM"))).toBe(keyOf(nameOf("eXample.com")));
    expect(sameName(nameOf("\\192"), nameOf("\\224"))).toBe(false);
    expect(sameName(nameOf("@"), nameOf("`"))).toBe(false);
    expect(sameName(nameOf("["), nameOf("{"))).toBe(false);
  });

  test("a dot within a label is no end of it", () => {
    expect(keyOf(nameOf("a\\.b"))).not.toBe(keyOf(nameOf("a.b")));
    expect(sameName(nameOf("a\\.b"), nameOf("a.b"))).toBe(false);
  });

  test("within a zone: whole labels", () => {
    const zone = nameOf("Counter.example");
    expect(isWithin(zone, zone)).toBe(true);
    expect(isWithin(nameOf("ns1.counter.EXAMPLE"), zone)).toBe(true);
    expect(isWithin(nameOf("ns1.counter.example"), root)).toBe(true);
    expect(isWithin(nameOf("xcounter.example"), zone)).toBe(false);
    expect(isWithin(nameOf("example"), zone)).toBe(false);
    expect(isWithin(root, zone)).toBe(false);
  });

  test("bytes of a label that look like the zone's wire form do not put it within", () => {
    const zone = nameOf("ab.c");
    const disguised = child(zone.subarray(0, -1), root);
    expect(hexOf(disguised).endsWith(hexOf(zone))).toBe(true);
    expect(isWithin(disguised, zone)).toBe(false);
  });

  test("keys are equal exactly where names are", () => {
    const same = fc.property(anyName, anyName, (a, b) => {
      expect(keyOf(a) === keyOf(b)).toBe(sameName(a, b));
      expect(keyOf(a)).toBe(keyOf(checkedName(Uint8Array.from(a))));
    });
    fc.assert(same);
  });
});

describe("parts", () => {
  test("labels are bytes, the root has none", () => {
    expect(labels(root)).toEqual([]);
    expect(labels(nameOf("a\\.b.c"))).toEqual([ascii("a.b"), ascii("c")]);
  });

  test("a child takes a label as it is", () => {
    expect(textOf(child("a.b", nameOf("c")))).toBe("a\\.b.c.");
    expect(textOf(child(ascii("\xff"), root))).toBe("\\255.");
    expect(textOf(child("ns1", nameOf("x.y")))).toBe("ns1.x.y.");
  });

  test.each(["", "x".repeat(64), "\u00fc"])("no child %j", (label) => {
    expect(() => child(label, root)).toThrow(BadName);
  });

  test("no child of a full name", () => {
    const full = nameOf(`${"x.".repeat(127)}`);
    expect(full.length).toBe(255);
    expect(() => child("x", full)).toThrow(BadName);
  });
});
