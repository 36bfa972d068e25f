import { expect, expectTypeOf, test } from "vitest";
import { classInfos, describe as describeClass, makeRegistry } from "../../src/shared/object/registry.ts";
import type { Methods, Reads } from "../../src/shared/object/surface.ts";

class Sample {
  static reads = ["get"] satisfies Reads<Sample>;
  value = 0;
  get(): number {
    return this.value;
  }
  put(value: number): void {
    this.value = value;
  }
  _internal(): void {
    this.value = 1;
  }
  onDeadline(): void {
    this.value = 2;
  }
  toJSON(): number {
    return this.value;
  }
  protected hidden(): number {
    return this.value;
  }
}

test("Methods names what may be called, and nothing else", () => {
  expectTypeOf<Methods<Sample>>().toEqualTypeOf<"get" | "put">();
  // @ts-expect-error a field is not a method, so it cannot be a declared read
  const wrong: Reads<Sample> = ["value"];
  expect(wrong).toHaveLength(1);
});

test("at run time the same, but for what TypeScript alone hides", () => {
  const entry = describeClass(Sample);
  expect([...entry.methods]).toEqual(["get", "put", "hidden"]);
  expect(classInfos(makeRegistry([entry]))).toEqual([
    { name: "Sample", fingerprint: "", methods: ["get", "hidden", "put"], reads: ["get"] },
  ]);
});
