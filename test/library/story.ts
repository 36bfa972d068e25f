/** Stories: what one object answers to several clients, told twice: as it is, and from a snapshot after each step. */
import { test } from "vitest";
import type { Registry } from "../../src/shared/object/registry.ts";
import { Rig } from "./rig.ts";

/** What calls answer, as tables write it. */
export const value = "ValueError VALUE_ERROR";
export const notOwner = "RuntimeError NOT_OWNER";
export const b = "blocked";

/** @param registry looked up when the story is told */
export function story(
  registry: () => Registry,
  name: string,
  object: string,
  tell: (rig: Rig, step: () => void) => void,
): void {
  test.each([false, true])(`${name} (snapshots: %s)`, (restarting) => {
    const rig = new Rig(registry(), object);
    tell(rig, () => {
      if (restarting) rig.restart();
    });
  });
}
