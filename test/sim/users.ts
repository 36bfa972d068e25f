/** What users import, from the sources. */
export * from "../../src/node/index.ts";
export { simulate } from "../../src/node/testing.ts";
export { invocation } from "../../src/shared/object/index.ts";
