/** Counts one more and prints the count. `npm start` serves the Counter; then: npx node examples/counter/client.ts */
import { connect } from "concoord";
import { Counter } from "./counter.ts";

// CONCOORD_BOOT, or 127.0.0.1:14000.
const counter = connect(Counter);
await counter.increment();
console.log(await counter.getvalue());
await counter[Symbol.asyncDispose]();
