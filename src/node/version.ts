/** The version of the package, from its package.json. */
import { builtFile, readText } from "./own-files.ts";

const text = readText(builtFile("../package.json"));
export const version = String((JSON.parse(text) as { version: unknown }).version);
