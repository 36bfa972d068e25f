/** Why a user's class cannot be loaded: one clear line, the file first where there is one. */
export class LoadError extends Error {
  override readonly name = "LoadError";
}

/** The first line of what was thrown, with its name when it is more than "Error". */
export function oneLine(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown).split("\n", 1)[0] ?? "";
  const [line = ""] = thrown.message.split("\n", 1);
  return thrown.name === "Error" ? line : `${thrown.name}: ${line}`;
}

/** The error code that Node gives its own errors. */
export function codeOf(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null) return null;
  const code: unknown = Reflect.get(thrown, "code");
  return typeof code === "string" ? code : null;
}
