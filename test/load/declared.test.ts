import { describe, expect, test } from "vitest";
import { readDeclared } from "../../src/node/load/declared.ts";
import { mask } from "../../src/shared/object/mask.ts";

function hidden(source: string): Record<string, readonly string[]> {
  const found = [...readDeclared(source).hidden].map(([name, methods]) => [name, [...methods]] as const);
  return Object.fromEntries(found);
}

describe("mask", () => {
  test.each([
    ["a // private b()", "a               "],
    ["a /* { */ b", "a         b"],
    ['x("{") + y', "x(   ) + y"],
    ["x('\\'{') + y", "x(     ) + y"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template is what is masked
    ["`a ${b({})} c ${`${d}`}`", `${" ".repeat(5)}b({})${" ".repeat(9)}d    `],
    ["a = /[/{]\\/{/g; b", "a =           ; b"],
    ["a / b / c", "a / b / c"],
    ["f(x) / 2 // 3", "f(x) / 2     "],
    ["return /{/.test(x)", "return    .test(x)"],
    ["'open\nb", "     \nb"],
    ["`open ${", "        "],
  ])("%j", (source, masked) => {
    expect(mask(source)).toBe(masked);
  });
});

describe("hidden methods", () => {
  test.each([
    ["class A { private go() {} }", { A: ["go"] }],
    ["class A { private async go<T>() {} protected\n  abstract stay(): void; }", { A: ["go", "stay"] }],
    ["class A { public override go() {} private value = 1; private fn = () => 2 }", { A: [] }],
    ["class A { private get x() { return 1 } private static make() {} }", { A: [] }],
    ["class A { constructor(private x: number) {} go(private_: number) {} }", { A: [] }],
    [
      "class A { go() { const s = 'private x()'; /* private y() */ class B { private z() {} } } }",
      { A: [], B: ["z"] },
    ],
    [
      "class A<T extends { a: () => 1 }> extends m({ b: 1 }) implements I<{ c: 2 }> { private go() {} }",
      { A: ["go"] },
    ],
    ["const A = class extends B { protected go() {} }", { A: ["go"] }],
    ["class A { x = { private: 1 }; private *go() {} private() {} }", { A: ["go"] }],
    ["const text = `class A { private go() {} }`; x.class; ", {}],
    ["class A { private go?(): void; @dec({}) private also() {} }", { A: ["go", "also"] }],
  ])("%s", (source, expected) => {
    expect(hidden(source)).toEqual(expected);
  });

  test("abstract classes", () => {
    expect([...readDeclared("abstract class A {} class B {} export abstract class C {}").abstract]).toEqual([
      "A",
      "C",
    ]);
  });
});
