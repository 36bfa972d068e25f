/** `-b` of the verbs: the nodes to ask. */
import { LookUpFailed } from "../../shared/client/domain.ts";
import { nodesOf } from "../client/boot.ts";
import { dialWith, processTls, trustingNode } from "../tls/dial.ts";
import { bootstrap } from "./arguments.ts";
import { Failure } from "./failure.ts";

/**
 * The addresses that `text` stands for; its domains are looked up. Where all of them are wss://, so are all others that
 * this process will ask.
 * @throws Failure 2 for a list that is not valid, 1 when there is no such domain, 4 when no DNS server answers
 */
export async function nodes(text: string): Promise<readonly string[]> {
  const items = bootstrap(text);
  // What members are called in views has no scheme.
  if (items.every((item) => /^wss:/i.test(item)) && !processTls().isUsual) dialWith(trustingNode);
  const list = items.join(",");
  try {
    return await nodesOf(list);
  } catch (error) {
    throw error instanceof LookUpFailed ? unfound(error) : error;
  }
}

/** What a verb says of a domain that was looked up in vain. */
export function unfound({ said, message }: LookUpFailed): Failure {
  return new Failure(said === "nothing" ? 4 : 1, message);
}
