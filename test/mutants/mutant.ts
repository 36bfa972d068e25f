/**
 * Planted bugs, one for each rule that is easy to get wrong. Each must die: by a table or golden script, or by a seed
 * of the simulation. A mutant that survives means that the tests would not notice this bug if it were ours.
 */

export interface Edit {
  /** Relative to the root of the project. */
  readonly file: string;
  /** Exact text that stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  /** What it breaks. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** Stands in what its trial prints: the case that notices it or, where none does, what a seed complains of. */
  readonly killer: string;
}
