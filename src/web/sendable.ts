/** What shared/wire/sendable.ts exports, for browsers and Workers. Bundlers take it as they take cbor.ts. */
export { sendable, sendableArguments } from "./cbor-write.ts";
