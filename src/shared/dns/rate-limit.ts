/**
 * A limit on answers by UDP, where the sender of a query may have forged its address, so that the answers hit somebody
 * else: a token bucket for each network, /24 of IPv4 and /56 of IPv6. Every second refused answer still goes out, empty
 * and with TC set ("slip"), so that a real client that shares its network with the forged ones comes back by TCP.
 *
 * With 50 answers a second and 50 at once, 10,000 queries within 10 s or less are answered at most 550 times. Even if
 * each asks with 30 bytes for an answer of 1232, what goes out is below three times what came in.
 */
import { rateLimitNetworksMax } from "../name-limits.ts";
import { ipv6 } from "./endpoint.ts";

export interface RateLimitOptions {
  /** Answers of one network in a second; 0 is no limit. 50 when not given. */
  readonly perSecond?: number;
  /** Answers of one network at once; as many as in a second when not given. */
  readonly burst?: number;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in ms. */
  at: number;
  /** Since the last answer. */
  refused: number;
}

export class RateLimit {
  private readonly perSecond: number;
  private readonly burst: number;
  /** The oldest first; at most rateLimitNetworksMax. One that is forgotten begins again with a full bucket. */
  private readonly buckets = new Map<string, Bucket>();

  constructor({ perSecond = 50, burst = perSecond }: RateLimitOptions = {}) {
    this.perSecond = perSecond;
    this.burst = burst;
  }

  /**
   * @param address an IP address as text: who is to get the answer
   * @param now milliseconds of a clock that never goes back
   * @returns what it gets: the answer, `truncated(query)`, or nothing
   * @example if (limit.take(address, now) === "answer") send(answer(query, zone, "udp"))
   */
  take(address: string, now: number): "answer" | "slip" | "nothing" {
    if (this.perSecond <= 0) return "answer";
    const bucket = this.bucket(networkOf(address), now);
    const earned = ((now - bucket.at) * this.perSecond) / 1_000;
    bucket.tokens = Math.min(this.burst, bucket.tokens + earned);
    bucket.at = now;
    if (bucket.tokens >= 1) {
      bucket.tokens--;
      bucket.refused = 0;
      return "answer";
    }
    bucket.refused++;
    return bucket.refused % 2 === 0 ? "slip" : "nothing";
  }

  private bucket(network: string, now: number): Bucket {
    const known = this.buckets.get(network);
    if (known !== undefined) return known;
    if (this.buckets.size >= rateLimitNetworksMax)
      for (const [oldest] of this.buckets) {
        this.buckets.delete(oldest);
        break;
      }
    const bucket = { tokens: this.burst, at: now, refused: 0 };
    this.buckets.set(network, bucket);
    return bucket;
  }
}

/** The first 24 bits of an IPv4 address, the first 56 of an IPv6 one; what is no address is a network by itself. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address.slice(0, address.lastIndexOf("."));
  const zone = address.indexOf("%");
  const bytes = ipv6(zone < 0 ? address : address.slice(0, zone));
  if (bytes === null) return address;
  return bytes.length === 4 ? bytes.subarray(0, 3).join(".") : bytes.subarray(0, 7).join(":");
}
