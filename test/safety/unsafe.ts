/** What the safety check refuses: snippets, each with the line and the beginning of the reason of its first finding. */

export interface Unsafe {
  readonly what: string;
  readonly text: string;
  readonly line: number;
  readonly reason: string;
}

/** A class whose only method has this body; the body begins on line 3. */
function method(body: string): string {
  return `export class A {\n  m(x?: unknown, k = "") {\n${body}\n  }\n}\n`;
}

type Row = readonly [what: string, body: string, reason: string];

function inMethod([what, body, reason]: Row): Unsafe {
  return { what, text: method(body), line: 3, reason };
}

function atTop([what, text, reason]: Row): Unsafe {
  return { what, text: `${text}\nexport class A {}\n`, line: 1, reason };
}

/** What the checker of the first concoord let pass: files, modules by a function, classes by attributes, names. */
const passedBefore: readonly Row[] = [
  ["a file opened for reading and writing", 'require("node:fs").openSync("f", "r+");', "require: it reaches"],
  ["a file read", 'process.getBuiltinModule("fs").readFileSync("/etc/passwd");', "process: it reaches"],
  ["a module by a function", 'import("node:os");', "import(): modules are imported at the top"],
  ["classes by attributes", "[].constructor.constructor;", ".constructor: it leads to"],
  ["subclasses by prototypes", "Object.getPrototypeOf([]);", ".getPrototypeOf: it leads to"],
  ["variables by name", "globalThis.x;", "globalThis: every global can be reached"],
  ["a call of an attribute", "x.constructor('return process')();", ".constructor: it leads to"],
  ["eval under another name", "const e = eval; e('1');", "eval: it makes code from text"],
  ["a function renamed", "const setattr = Object.defineProperty;", ".defineProperty: prototypes are shared"],
];

const code: readonly Row[] = [
  ["eval", 'eval("1");', "eval: it makes code"],
  ["indirect eval", '(0, eval)("1");', "eval: it makes code"],
  ["Function", 'new Function("return 1")();', "Function: it makes code"],
  ["a base that makes code", "return class extends Function {};", "Function: it makes code"],
  ["the constructor of a function", '(() => 1).constructor("return 1")();', ".constructor: it leads"],
  ["the constructor by its name as a text", 'return x["constructor"];', ".constructor: it leads"],
  ["the constructor by a template", "return x[`constructor`];", ".constructor: it leads"],
  ["the constructor by a sum", 'return x["constr" + "uctor"];', "a computed name may be"],
  ["the constructor by a variable", 'const c = "constructor"; return x[c];', "a computed name may be"],
  ["the constructor by a parameter", "return x[k];", "a computed name may be"],
  ["a number that is not one for sure", "return (i: number) => x[i];", "a computed name may be"],
  ["a counter that becomes a text", "let i = 0; i = k; return x[i];", "a computed name may be"],
  ["a counter that becomes a sum", "let i = 0; i += k; return x[i];", "a computed name may be"],
  ["a counter from a list", "let i = 0; [i] = [k]; return x[i];", "a computed name may be"],
  [
    "texts that add up",
    'let a = x ? "constr" : "uctor"; let b = 0; b = a; a = a + b; return x[a];',
    "a computed name may be",
  ],
  ["the constructor taken apart", "const { constructor: c } = x; return c;", ".constructor: it leads"],
  ["the constructor of a parameter", "return ({ constructor }) => constructor;", ".constructor: it leads"],
  ["taken apart by a computed name", "const { [k]: c } = x; return c;", "a computed name may be"],
  ["an optional chain", "return x?.[k];", "a computed name may be"],
  ["Reflect", 'return Reflect.get(x, "constructor");', "Reflect: it reaches any property"],
  ["a descriptor", 'return Object.getOwnPropertyDescriptor(x, "a");', ".getOwnPropertyDescriptor: it"],
  [
    "descriptors under another name",
    "const { getOwnPropertyDescriptors: g } = x;",
    ".getOwnPropertyDescriptors",
  ],
  ["Object under another name", "const O = Object;", "Object may only be called"],
  ["Object in a list", "return [Object];", "Object may only be called"],
  ["a member of a global by a name", 'const r = "random"; return Math[r];', "Math[…]: a member of a global"],
  ["WebAssembly", "new WebAssembly.Module(x);", "WebAssembly: it reaches"],
];

const outside: readonly Row[] = [
  ["process", "process.exit();", "process: it reaches"],
  ["typeof process", 'if (typeof process !== "undefined") x;', "process: it reaches"],
  ["globalThis", 'globalThis["process"];', "globalThis: every global"],
  ["self", "self.fetch;", "self: every global"],
  ["fetch", 'fetch("http://a");', "fetch: it reaches"],
  ["console", "console.log(1);", "console: it reaches"],
  ["Buffer", "Buffer.from(x);", "Buffer: it reaches"],
  ["a socket", 'new WebSocket("ws://a");', "WebSocket: it reaches"],
  ["import.meta", "import.meta.url;", "import.meta: it is not the same"],
  ["what nobody knows", "somewhere();", "somewhere: it is not among the globals"],
  [
    "a declared global is still one",
    "declare const process: { exit(): void }; process.exit();",
    "process: it",
  ],
];

const later: readonly Row[] = [
  ["a timer", "setTimeout(() => 1);", "setTimeout: it runs later"],
  ["an interval", "setInterval(() => 1);", "setInterval: it runs later"],
  ["a microtask", "queueMicrotask(() => 1);", "queueMicrotask: it runs later"],
  ["a promise", "new Promise(() => 1);", "Promise: it runs later"],
  ["an async function", "return async () => 1;", "async: methods are synchronous"],
  ["an async generator", "return (async function* () {})();", "async: methods are synchronous"],
  ["a list that waits", "Array.fromAsync(x);", ".fromAsync: it runs later"],
  ["shared memory", "new SharedArrayBuffer(8);", "SharedArrayBuffer: other threads"],
  ["the debugger", "debugger;", "debugger: it stops one replica"],
];

const machine: readonly Row[] = [
  ["a global is assigned", "undefined_ = 1;", "undefined_: a global is assigned"],
  ["Date is assigned", "Date = x;", "Date: a global is assigned"],
  ["a global is assigned from a list", "[Map] = [x];", "Map: a global is assigned"],
  ["a global is assigned by a loop", "for (Set of x) 1;", "Set: a global is assigned"],
  ["a member of a global is assigned", "Math.max = x;", "Math.max: a global is changed"],
  ["a member of a global is deleted", "delete Object.keys;", "Object.keys: a global is changed"],
  ["a prototype is changed", "Array.prototype.x = 1;", ".prototype: prototypes are shared"],
  ["a prototype by an object", "[].__proto__.x = 1;", ".__proto__: it leads"],
  ["a prototype by a literal", "return { __proto__: x };", "__proto__: it sets a prototype"],
  ["a getter on a global", "Object.defineProperty(x, 'a', { get() {} });", ".defineProperty: prototypes"],
  ["a getter the old way", "x.__defineGetter__('a', () => 1);", ".__defineGetter__: prototypes"],
  ["setPrototypeOf", "Object.setPrototypeOf(x, null);", ".setPrototypeOf: prototypes"],
  ["Math.random as a value", "const { random } = Math;", "Math may only be called"],
  ["Date.now as a value", "return x.map(Date.now);", "Date.now: call it where"],
  ["Date as a value", "return [Date];", "Date may only be called"],
  ["WeakRef", "new WeakRef(x);", "WeakRef: it shows when garbage"],
  ["FinalizationRegistry", "new FinalizationRegistry(() => 1);", "FinalizationRegistry: it shows"],
  ["WeakMap", "new WeakMap();", "WeakMap: what it holds"],
  ["the stack of an error", "return new Error().stack;", ".stack: the stack of an error"],
  ["the stack captured", "Error.captureStackTrace(x);", ".captureStackTrace: the stack"],
  ["performance.timeOrigin", "return performance.timeOrigin;", "performance.timeOrigin: it is not"],
  ["crypto.subtle", "return crypto.subtle;", "crypto.subtle: it is not"],
  ["how functions are called", "x.call = x;", ".call is set: all functions"],
  ["how functions are called, from a list", "[x.apply] = [x];", ".apply is set: all functions"],
  ["a field that is stamped onto a function", "return class { bind = x; };", ".bind is set: all functions"],
  ["a field with a computed name", "return class { [k] = x; };", "a computed name may be"],
  [
    "a field with the name of a constant",
    'const c = "a" + k; return class { static [c] = x; };',
    "a computed name",
  ],
  ["assign into what others have", "Object.assign(x, { call: x });", "Object.assign: only into a new"],
  ["assign as a value", "return x.map(Object.assign);", "Object.assign: only into a new"],
  ["Number handed over", "return x.map(Number);", "Number may only be called"],
  ["a static member of RegExp", "return RegExp.$1;", "RegExp.$1: it is not"],
];

const places: readonly Row[] = [
  ["Intl", "new Intl.NumberFormat();", "Intl: it depends on the machine's locale"],
  ["localeCompare", 'return "a".localeCompare("b");', ".localeCompare: it depends"],
  ["toLocaleString", "return (1).toLocaleString();", ".toLocaleString: it depends"],
  ["toLocaleUpperCase", 'return "i".toLocaleUpperCase();', ".toLocaleUpperCase: it depends"],
  ["Date without new", "return Date();", "Date(): it reads or shows"],
  ["a date of parts", "return new Date(2026, 0, 1);", "new Date(year, …): it reads"],
  ["a date of a text without zone", 'return new Date("2026-01-01T00:00");', 'new Date("…"): it reads'],
  ["a date of a text for people", 'return new Date("Jan 1, 2026");', 'new Date("…"): it reads'],
  ["Date.parse of any text", "return Date.parse(k);", "Date.parse: it reads"],
  ["the hours of a date", "return new Date(0).getHours();", ".getHours: it depends"],
  ["the zone of a date", "return new Date(0).getTimezoneOffset();", ".getTimezoneOffset: it depends"],
  ["a date as text", "return new Date(0).toDateString();", ".toDateString: it depends"],
];

const modules: readonly Row[] = [
  ["a module of Node", 'import { readFileSync } from "node:fs";', "import of node:fs: only relative"],
  ["a package", 'import _ from "lodash";', "import of lodash: only relative"],
  ["only a type, but the module runs", 'import { type Stats } from "node:fs";', "import of node:fs"],
  ["an export of another module", 'export { join } from "node:path";', "import of node:path"],
  ["all of another module", 'export * from "node:path";', "import of node:path"],
  ["the client", 'import { connect } from "concoord";', "import of concoord: only relative"],
  ["a file by its address", 'import x from "file:///a.js";', "import of file:///a.js: only relative"],
  ["a file that is not there", 'import x from "./nothing.ts";', "import of ./nothing.ts: no such file"],
  ["a file by an address", 'import x from "./a%2ets";', 'import of "./a%2ets": only letters'],
  ["a file with a query", 'import x from "./a.ts?1";', 'import of "./a.ts?1": only letters'],
  ["a file by another separator", 'import x from "./a\\\\b.ts";', 'import of "./a\\\\b.ts": only letters'],
  ["CommonJS", 'import x from "./old.cjs";', "import of ./old.cjs: only ES modules"],
  ["import =", 'import fs = require("node:fs");', "import =: import from the module"],
  ["a namespace", "namespace N { export const x = 1; }", "namespace: use the module itself"],
  ["await at the top", "await 1;", "await: methods are synchronous"],
  ["a decorator", "@d", "decorators are not part"],
];

const loading: readonly Row[] = [
  ["a clock at load", "const now = Date.now();", "Date.now(): each replica has its own"],
  ["a clock kept as it is", "const now = Date.now;", "Date.now: call it where it is needed"],
  ["a date at load", "export const start = new Date();", "new Date(): each replica has its own"],
  ["dice at load", "const id = Math.random();", "Math.random(): each replica"],
  ["a UUID at load", "const id = crypto.randomUUID();", "crypto.randomUUID(): each replica"],
  ["a clock in a static field", "class S { static at = Date.now(); }", "Date.now(): each replica"],
  ["a clock in a static block", "class S { static { Date.now(); } }", "Date.now(): each replica"],
  ["a clock in a computed name", "class S { ['a' + Date.now()]() {} }", "Date.now(): each replica"],
  ["a clock called on the spot", "const t = (() => Date.now())();", "Date.now(): each replica"],
  ["a clock handed over", "const t = [1].map(() => Date.now());", "Date.now(): each replica"],
  [
    "a clock in what is handed over",
    "const t = run({ f: () => Date.now() }); function run(o: { f(): number }) { return o.f(); }",
    "Date.now(): each replica",
  ],
  [
    "a function that asks, called",
    "const t = f(); function f() { return Date.now(); }",
    "f may ask for time",
  ],
  [
    "a function by another",
    "const t = g(); function g() { return f(); } function f() { return Math.random(); }",
    "g may ask for time",
  ],
  ["a class that asks, made", "const t = new B(); class B { at = Date.now(); }", "B may ask for time"],
  ["a getter that asks", "const { t } = { get t() { return Date.now(); } };", "Date.now(): each replica"],
  ["a member that asks", "const o = { f: () => Date.now() }; const t = o.f();", "o may ask for time"],
];

const elsewhere: readonly Row[] = [
  ["a variable of the module", "let n = 0;", "n is changed: it is part of no object"],
  ["a map of the module", "const n = new Map<unknown, number>();", "n is changed: it is part of no object"],
  ["a static field", "", "A is changed: it is part of no object"],
  ["a function of the module as a place", "function n() {}", "n is changed: it is part of no object"],
];
const changes = ["n++;", "n.set(x, 1);", "A.count = 1;", "n.count = 1;"];

export const unsafe: readonly Unsafe[] = [
  ...[...passedBefore, ...code, ...outside, ...later, ...machine, ...places].map(inMethod),
  ...[...modules, ...loading].map(atTop),
  ...elsewhere.map(([what, top, reason], i) => {
    const text = `${top}\nexport class A { static count = 0;\n  m(x: unknown) { ${changes[i]} } }\n`;
    return { what, text, line: 3, reason };
  }),
  {
    what: "no syntax",
    text: "export class A {\n  m() { return 1 +; }\n}\n",
    line: 2,
    reason: "Unexpected token",
  },
  {
    what: "with",
    text: "export class A {\n  m(x) { with (x) {} }\n}\n",
    line: 2,
    reason: "'with' in strict mode",
  },
  { what: "no module", text: "function f() { return this; }\n", line: 1, reason: "not an ES module" },
  {
    what: "a stack that is not of the class",
    text: "export class A {\n  stack = [];\n  m(e) {\n    return e.stack;\n  }\n}\n",
    line: 4,
    reason: ".stack: the stack of an error",
  },
  {
    what: "a stack of another this",
    text: "export class A {\n  stack = [];\n  m() {\n    return function () { return this.stack; };\n  }\n}\n",
    line: 4,
    reason: ".stack: the stack of an error",
  },
  {
    what: "this of a static method",
    text: "export class A {\n  static n = 0;\n  static m() {\n    this.n++;\n  }\n}\n",
    line: 4,
    reason: "a static field is changed",
  },
];
