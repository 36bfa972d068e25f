/** Where the suite runs. */
export interface Runtime {
  /** @returns null, or what went wrong */
  run(name: string): Promise<string | null>;
  stop(): Promise<void>;
}
