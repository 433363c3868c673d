import { WebSocket } from "ws";
import { z } from "zod";

/** A page has one or two. Those that ended by themselves count until the client stops them. */
export const MAX_SUBSCRIPTIONS = 20;
const LINGER_MS = 1000;

const operation = z.object({ id: z.union([z.number(), z.string()]), method: z.string() });
const operations = z.union([operation.transform((one) => [one]), z.array(operation)]);

/** A socket of `/live`: subscriptions alone, and not more of them than any page needs. A client that wants more is closed with 1008. */
export class LiveSocket extends WebSocket {
  private readonly subscriptions = new Set<number | string>();

  /** Looks at each message before whoever listens does: one message may ask for a thousand subscriptions. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === "message") {
      const refusal = this.refusal(String(args[0]));
      if (refusal) {
        this.close(1008, refusal);
        this.pause();
        setTimeout(() => this.terminate(), LINGER_MS).unref();
        return false;
      }
    }
    return super.emit(event, ...args);
  }

  private refusal(text: string): string | null {
    for (const { id, method } of read(text)) {
      if (method === "subscription") this.subscriptions.add(id);
      else if (method === "subscription.stop") this.subscriptions.delete(id);
      else return "only subscriptions are served here; send queries and mutations to /api/trpc";
    }
    return this.subscriptions.size > MAX_SUBSCRIPTIONS ? `more than ${MAX_SUBSCRIPTIONS} subscriptions on one socket` : null;
  }
}

/** What isn't an operation (a ping, or nothing that we know) is the listener's to answer. */
function read(text: string): z.output<typeof operations> {
  try {
    return operations.safeParse(JSON.parse(text)).data ?? [];
  } catch {
    return [];
  }
}
