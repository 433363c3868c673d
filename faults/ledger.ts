/** What an engine did, by its own events: who else could say that nothing was done twice? */
import type Docker from "dockerode";
import { z } from "zod";

const eventSchema = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
});

export interface Deed {
  /** `create`, `start`, `die`, `destroy` of a container; `pull` of an image. */
  readonly action: string;
  /** A container's id, or an image's reference. */
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export class Ledger {
  readonly #deeds: Deed[] = [];
  readonly #abort = new AbortController();
  readonly #reading: Promise<void>;
  #lost: string | null = null;

  private constructor(stream: NodeJS.ReadableStream) {
    this.#reading = this.#read(stream);
  }

  /** From now on. Straight at the engine: no proxy in between. */
  static async open(docker: Docker): Promise<Ledger> {
    const filters = JSON.stringify({ type: ["container", "image"] });
    return new Ledger(await docker.getEvents({ filters }));
  }

  /** Throws where events may be missing. */
  deeds(action: string, matches: (deed: Deed) => boolean): Deed[] {
    if (this.#lost) throw new Error(`the engine's events ended: ${this.#lost}`);
    return this.#deeds.filter((deed) => deed.action === action && matches(deed));
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#reading;
  }

  async #read(stream: NodeJS.ReadableStream): Promise<void> {
    const readable: NodeJS.ReadableStream & { destroy?: () => void } = stream;
    this.#abort.signal.addEventListener("abort", () => readable.destroy?.());
    let rest = "";
    try {
      for await (const chunk of stream) {
        const lines = (rest + String(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line.trim()) this.#note(line);
      }
      this.#lost = "the engine ended them";
    } catch (error) {
      this.#lost = error instanceof Error ? error.message : String(error);
    }
  }

  #note(line: string): void {
    const { Action, Actor } = eventSchema.parse(JSON.parse(line));
    this.#deeds.push({ action: Action, id: Actor.ID, labels: Actor.Attributes ?? {} });
  }
}
