/** The address of an object: "Class/name", or only "Class" for the one named "main". */
import { nameCharsMax } from "../limits.ts";

export interface ObjectAddress {
  readonly class: string;
  readonly name: string;
}

/** The name of an object whose address is only a class. */
export const mainName = "main";

/** Whether `text` may name an object, class or method: 1 to nameCharsMax characters, none of them a control one. */
export function isName(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.length > 0 && text.length <= nameCharsMax && !/[\u0000-\u001f\u007f-\u009f]/.test(text);
}

/**
 * Takes an address apart at its first slash.
 *
 * @returns null when the text is no address
 * @example parseObject("Counter/visits") // { class: "Counter", name: "visits" }
 * @example parseObject("Counter") // { class: "Counter", name: "main" }
 */
export function parseObject(text: string): ObjectAddress | null {
  const slash = text.indexOf("/");
  const address =
    slash < 0
      ? { class: text, name: mainName }
      : { class: text.slice(0, slash), name: text.slice(slash + 1) };
  return isName(address.class) && isName(address.name) ? address : null;
}

export function formatObject(address: ObjectAddress): string {
  return `${address.class}/${address.name}`;
}
