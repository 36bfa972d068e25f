/** How much a line of the log matters. */

/** `info` is what happened, `warn` what an operator should look at, `error` what went wrong for good. */
export type Level = "debug" | "info" | "warn" | "error";

/** Takes one line, without its end. @param level `info` unless given */
export type Log = (line: string, level?: Level) => void;
