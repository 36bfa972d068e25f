/** The load of the bench: a closed loop of `increment` through the published `connect`, one session a connection. */
import { argv } from "node:process";
import { connect } from "concoord";
import { Counter } from "../examples/counter/counter.ts";
import { loadOrder, report } from "./measure.ts";

const { to, shape, seconds } = loadOrder(argv[2]);
const counters = Array.from({ length: shape.connections }, () => connect(Counter, to));
await Promise.all(counters.map((counter) => counter.getvalue()));
const lanes = Array.from({ length: shape.outstanding }, (_, i) => {
  const counter = counters[i % counters.length];
  if (counter === undefined) throw new Error("a shape without connections");
  return () => counter.increment();
});
await report(lanes, seconds);
await Promise.all(counters.map((counter) => counter[Symbol.asyncDispose]()));
process.exit(0);
