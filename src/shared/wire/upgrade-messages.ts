/** What travels between nodes, and from an operator's program to nodes, so that a cluster goes on with other code. */
import type { CodeName } from "../object/held-code.ts";
import type { ClassInfo } from "../object/types.ts";
import type { Slot } from "../paxos/slot.ts";

/** The text of a module and of the relative modules that it imports. */
export interface CodeModule {
  /** Below a folder that all have in common, with slashes; the module itself first. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** That folder, on the machine where the module was written. */
  readonly origin: string;
  /** The classes that are meant. */
  readonly classes: readonly CodeName[];
}

export type UpgradeMessage =
  /** Code to hold; also the answer to `fetchCode`. Answered with `holdsCode`, or with `changeRefused` and why not. */
  | { readonly type: "offerCode"; readonly module: CodeModule }
  /** Which of these does a node hold? */
  | { readonly type: "askCode"; readonly classes: readonly CodeName[] }
  | { readonly type: "holdsCode"; readonly classes: readonly CodeName[] }
  /** Asks for a version that the node keeps. Answered with `offerCode`, or with `changeRefused`. */
  | { readonly type: "fetchCode"; readonly of: CodeName }
  /** An operator to the leader: go on with these classes. Answered with `upgraded` or `changeRefused`. */
  | { readonly type: "askUpgrade"; readonly classes: readonly ClassInfo[] }
  /** An operator to any node: what was decided from this slot on? Answered with `decisions`. */
  | { readonly type: "askLog"; readonly from: Slot }
  /** The cluster goes on with them, from the state after this slot at the latest. */
  | { readonly type: "upgraded"; readonly slot: Slot };
