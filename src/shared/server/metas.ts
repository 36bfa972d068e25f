/** Meta commands of this node's clients: each is sent again until the log shows its effect. All may be repeated. */
import { metasMax } from "../limits.ts";
import type { Command, ObjectCodec } from "../object/types.ts";
import type { Routing } from "./routing.ts";

interface Meta {
  readonly bytes: Uint8Array;
  readonly done: () => boolean;
}

export class Metas {
  private readonly routing: Routing;
  private readonly codec: ObjectCodec;
  private metas: Meta[] = [];

  constructor(routing: Routing, codec: ObjectCodec) {
    this.routing = routing;
    this.codec = codec;
  }

  get pending(): boolean {
    return this.metas.length > 0;
  }

  /**
   * @param done whether the log shows that nothing is left to do
   * @returns false when too many wait: the client must ask again
   */
  add(command: Command, done: () => boolean): boolean {
    if (this.metas.length >= metasMax) this.metas = this.metas.filter((meta) => !meta.done());
    if (this.metas.length >= metasMax) return false;
    const bytes = this.codec.encodeCommand(command);
    if (!done()) this.metas.push({ bytes, done });
    this.routing.route([bytes], () => undefined);
    return true;
  }

  /** Sends all that is not done. */
  route(): void {
    this.metas = this.metas.filter((meta) => !meta.done());
    if (this.metas.length === 0) return;
    this.routing.route(
      this.metas.map((meta) => meta.bytes),
      () => undefined,
    );
  }
}
