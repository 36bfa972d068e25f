/** The load of the bench: a closed loop of one kind of work through the published `connect`, a session a connection. */
import { argv } from "node:process";
import { connect, local } from "concoord";
import { Lock } from "concoord/objects/lock";
import { Counter } from "../examples/counter/counter.ts";
import { Store } from "../test/fixtures/objects/store.ts";
import { loadOrder, report } from "./measure.ts";

/** What each call is: `local` reads where the program is connected, `pair` takes a lock and gives it up. */
const works = ["increment", "read", "local", "pair", "touch"] as const;
export type Work = (typeof works)[number];

type Lane = () => Promise<unknown>;

function laneOf(work: Work, to: string): Lane {
  if (work === "touch") {
    const store = connect(Store, to);
    let i = 0;
    return () => store.touch(i++ % 1_000);
  }
  if (work === "pair") {
    const lock = connect(Lock, to);
    return async () => {
      await lock.acquire();
      await lock.release();
    };
  }
  const counter = connect(Counter, to);
  if (work === "increment") return () => counter.increment();
  return work === "read" ? () => counter.getvalue() : () => counter[local].getvalue();
}

const work = works.find((name) => name === argv[2]);
if (work === undefined) throw new Error("this file is started by the bench");
const { to, shape, seconds } = loadOrder(argv[3]);
const lanes = Array.from({ length: shape.connections }, () => laneOf(work, to));
// Connected before it counts.
if (work !== "pair") await Promise.all(lanes.map((lane) => lane()));
const all = Array.from({ length: shape.outstanding }, (_, i) => lanes[i % lanes.length] as Lane);
await report(all, seconds, work === "pair");
process.exit(0);
