import { BerthError } from "@berth/protocol/errors";
import { ACCESS_HEADER, type FileAccess } from "@berth/protocol/session-files";
import { MAX_WATCH_LINE_BYTES, type WatchLine, watchLineSchema } from "@berth/protocol/session-watch";
import type { Clock, Timer } from "../../../platform/clock";
import type { AgentRequests } from "./agent-requests";
import type { SessionPlace } from "./session-reach";

/** Where the folders are that are watched, and which. */
export interface WatchedFolders {
  readonly target: SessionPlace;
  readonly access: FileAccess;
}

/** What an agent tells of changes in these folders, until `signal` is aborted or the session ends. Throws what the tunnel throws. */
export async function* watchLines(
  agentApi: AgentRequests,
  { target, access }: WatchedFolders,
  signal: AbortSignal,
): AsyncGenerator<WatchLine> {
  const headers = { [ACCESS_HEADER]: Buffer.from(JSON.stringify(access)).toString("base64url") };
  const { body } = await agentApi.request(target, { method: "GET", path: "watch", headers, signal });
  let text = "";
  const chunks: AsyncIterable<unknown> = body.setEncoding("utf8");
  try {
    for await (const chunk of chunks) {
      text += String(chunk);
      if (text.length > MAX_WATCH_LINE_BYTES) throw unclear(target);
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) yield lineOf(line, target);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    body.destroy();
  }
}

function lineOf(text: string, target: SessionPlace): WatchLine {
  try {
    return watchLineSchema.parse(JSON.parse(text));
  } catch {
    throw unclear(target);
  }
}

const unclear = ({ agentName }: SessionPlace) =>
  new BerthError("TUNNEL_FAILED", `What agent '${agentName}' said of the session's folders was not understood`);

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

export interface KeptWatchParts {
  readonly agentApi: AgentRequests;
  readonly clock: Clock;
  /** Asked each time it begins. Throws where nothing can be watched now, or nothing may. */
  open(): Promise<WatchedFolders>;
  /** `first` of a beginning: how it is then, without changes. */
  line(line: WatchLine, first: boolean): void;
}

/** Watching that is begun again where it broke off, later each time; at once where `look` says that things may have changed. */
export class KeptWatch {
  private readonly over = new AbortController();
  private current: AbortController | null = null;
  private waitMs = FIRST_WAIT_MS;
  private waiting: { timer: Timer; again(): void } | null = null;

  constructor(private readonly parts: KeptWatchParts) {
    void this.run();
  }

  stop(): void {
    this.over.abort();
    this.current?.abort();
    this.waiting?.again();
  }

  /** The session or who may watch it has changed: what waits begins, and what may no longer be watched ends. */
  async look(): Promise<void> {
    if (this.waiting) return this.waiting.again();
    const { current } = this;
    await this.parts.open().catch(() => current?.abort());
  }

  private async run(): Promise<void> {
    while (!this.over.signal.aborted) {
      const current = new AbortController();
      this.current = current;
      try {
        const folders = await this.parts.open();
        let first = true;
        for await (const line of watchLines(this.parts.agentApi, folders, current.signal)) {
          if (this.over.signal.aborted) return;
          this.parts.line(line, first);
          first = false;
          this.waitMs = FIRST_WAIT_MS;
        }
      } catch {
        // It is begun again: what is wrong with the session, its page says.
      }
      if (this.over.signal.aborted) return;
      await new Promise<void>((resolve) => {
        const again = (): void => {
          this.waiting?.timer.cancel();
          this.waiting = null;
          resolve();
        };
        this.waiting = { timer: this.parts.clock.after(this.waitMs, again), again };
      });
      this.waitMs = Math.min(LONGEST_WAIT_MS, 2 * this.waitMs);
    }
  }
}
