/**
 * What a node needs to hold code of its users in several versions: modules are kept beside the log as long as a start
 * may execute slots with them, and loaded again. What it was given at its start is in the registry, and kept too.
 */
import type { CodeName } from "../object/held-code.ts";
import type { ClassEntry } from "../object/registry.ts";
import type { CodeModule } from "../wire/upgrade-messages.ts";

export interface CodeKeeper {
  /** Loads a version that is kept; null when it is not, or when it would be other code on this machine. */
  find(of: CodeName): Promise<ClassEntry | null>;
  /**
   * Keeps a module that another node or an operator sent, and loads it.
   * @returns the classes that it names; they are durable then
   * @throws Error saying in one line why this node will not have it
   */
  keep(module: CodeModule): Promise<readonly ClassEntry[]>;
  /** The module of a version that is kept, to be sent. */
  read(of: CodeName): Promise<CodeModule | null>;
  /** Forgets all modules of which no class is needed. */
  keepOnly(needed: readonly CodeName[]): void;
}
