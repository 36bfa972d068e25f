/** The pages of a node that holds no objects: they are told its status each second, as `/watch` of a replica does. */
import { pageBacklogBytesMax, pagesMax } from "../../shared/limits.ts";
import type { Status } from "../../shared/server/status.ts";
import { HttpError } from "./errors.ts";

const tickMillis = 1_000;

function nothing(): void {
  // It has not begun.
}

export class StatusPages {
  private readonly status: () => Status;
  private readonly ends = new Set<() => void>();

  constructor(status: () => Status) {
    this.status = status;
  }

  /** @throws HttpError 503 when there are too many */
  open(): ReadableStream<Uint8Array> {
    if (this.ends.size >= pagesMax) throw new HttpError(503, "BUSY", "too many pages look at this node");
    const encoder = new TextEncoder();
    let end: () => void = nothing;
    return new ReadableStream<Uint8Array>(
      {
        start: (stream) => {
          const tell = () => {
            stream.enqueue(encoder.encode(`event: status\ndata: ${JSON.stringify(this.status())}\n\n`));
            if ((stream.desiredSize ?? 0) > 0) return;
            this.ends.delete(end);
            clearInterval(timer);
            stream.error(new Error("the page reads too slowly"));
          };
          const timer = setInterval(tell, tickMillis).unref();
          end = () => {
            this.ends.delete(end);
            clearInterval(timer);
          };
          this.ends.add(end);
          tell();
        },
        cancel: () => end(),
      },
      { highWaterMark: pageBacklogBytesMax, size: (bytes: Uint8Array) => bytes.length },
    );
  }

  /** Nobody is told any more. */
  close(): void {
    for (const end of [...this.ends]) end();
  }
}
