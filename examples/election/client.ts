/** Three candidates: the first leader leaves without a word, the second one resigns. */
import { connect } from "concoord";
import { Election } from "./election.ts";

const ann = connect(Election);
await using bob = connect(Election);
await using cem = connect(Election);

const tokens = [await ann.campaign("ann")];
const second = bob.campaign("bob");
const third = cem.campaign("cem");

await ann[Symbol.asyncDispose]();
tokens.push(await second);
await bob.resign();
tokens.push(await third);

const rising = tokens.every((token, i) => token > (tokens[i - 1] ?? 0));
console.log(`${(await bob.leader())?.name} leads, tokens rise: ${rising}`);
