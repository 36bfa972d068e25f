/** Blanks out what is not code, so that the rest can be searched by patterns. */

/** After one of these characters, or words, a slash begins a regular expression and not a division. */
const beforeRegex =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw))\s*$/;

const sticky = {
  comment: /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y,
  string: /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?/y,
  /** The text of a template up to its end or to the next `${`. */
  template: /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/y,
  regex: /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y,
};

function matchAt(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? null;
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

/**
 * Replaces comments, strings, template text and regular expressions by blanks.
 *
 * @returns text of the same length, with the same line ends
 * @example mask('a("b") // c') // 'a(   )     '
 */
export function mask(source: string): string {
  let out = "";
  /** For each open `${` the number of braces open within it. */
  const templates: number[] = [];
  const take = (text: string, code: boolean): void => {
    out += code ? text : blank(text);
  };
  const template = (prefix: string): void => {
    const text = matchAt(sticky.template, source, out.length + prefix.length) ?? "";
    take(prefix + text, false);
    if (text.endsWith("${")) templates.push(0);
  };
  while (out.length < source.length) {
    const at = out.length;
    const char = source.charAt(at);
    const top = templates.length - 1;
    const comment = char === "/" ? matchAt(sticky.comment, source, at) : null;
    if (comment !== null) take(comment, false);
    else if (char === '"' || char === "'") take(matchAt(sticky.string, source, at) ?? char, false);
    else if (char === "`") template("`");
    else if (char === "}" && templates[top] === 0) {
      templates.pop();
      template("}");
    } else if (char === "/" && beforeRegex.test(out.slice(-40))) {
      take(matchAt(sticky.regex, source, at) ?? char, false);
    } else {
      if (top >= 0 && (char === "{" || char === "}")) {
        templates[top] = (templates[top] ?? 0) + (char === "{" ? 1 : -1);
      }
      take(char, true);
    }
  }
  return out;
}
