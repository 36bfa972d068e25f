/** Counts ten more and prints the count. */
import { connect } from "concoord";
import { TenCounter } from "./tencounter.ts";

await using counter = connect(TenCounter);
await counter.increment();
console.log(await counter.getvalue());
