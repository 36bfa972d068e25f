/**
 * Answers by UDP, kept: resolvers ask the same bytes again and again, but for the id. To look at a query, and to make
 * room for its answer, would cost a tenth of what the system takes for both datagrams.
 */
import { answer } from "../../shared/dns/answer.ts";
import { dnsAnswersKeptMax, dnsKeptQueryBytesMax } from "../../shared/name-limits.ts";
import type { Names } from "./names.ts";

export class KeptAnswers {
  private readonly names: Pick<Names, "zones">;
  /** Those for which the answers hold. */
  private zones: Names["zones"] = [];
  /** By all bytes of the query but its id. */
  private readonly kept = new Map<string, Uint8Array>();

  constructor(names: Pick<Names, "zones">) {
    this.names = names;
  }

  /**
   * @param mayChange whether nobody looks any more at what was returned before: else the answer is a copy
   * @returns as `answer` does
   */
  answer(query: Buffer, mayChange: boolean): Uint8Array | null {
    const { zones } = this.names;
    if (query.length > dnsKeptQueryBytesMax) return answer(query, zones, "udp");
    if (zones !== this.zones) {
      this.kept.clear();
      this.zones = zones;
    }
    const key = query.toString("latin1", 2);
    const known = this.kept.get(key);
    if (known === undefined) return this.keep(key, answer(query, zones, "udp"));
    const bytes = mayChange ? known : Uint8Array.from(known);
    bytes[0] = query[0] as number;
    bytes[1] = query[1] as number;
    return bytes;
  }

  /** Names that are not there are without number: what is made up by who asks is not kept. */
  private keep(key: string, bytes: Uint8Array | null): Uint8Array | null {
    const isFound = bytes !== null && ((bytes[3] as number) & 0x0f) === 0;
    if (!isFound) return bytes;
    if (this.kept.size >= dnsAnswersKeptMax) this.kept.clear();
    this.kept.set(key, bytes);
    return bytes;
  }
}
