import { agentApiPath } from "@berth/protocol/agent-api";
import { ACCESS_HEADER } from "@berth/protocol/session-files";
import { type FileChange, type WatchLine, watchLineSchema } from "@berth/protocol/session-watch";

/** Follows `GET watch` of an agent's API on a port of 127.0.0.1. */
export class WatchClient {
  readonly lines: WatchLine[] = [];
  readonly #gone = new AbortController();
  ended = false;

  /** Resolves when watching has begun. */
  static async open(port: number, sessionId: string, folders: readonly string[]): Promise<WatchClient> {
    const client = new WatchClient();
    const access = Buffer.from(JSON.stringify({ writable: folders, readable: folders })).toString("base64url");
    const answer = await fetch(`http://127.0.0.1:${port}${agentApiPath(sessionId, "watch")}`, {
      headers: { [ACCESS_HEADER]: access },
      signal: client.#gone.signal,
    });
    if (!answer.ok || !answer.body) throw new Error(`${answer.status}: ${await answer.text()}`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const read = async (): Promise<boolean> => {
      const { value, done } = await reader.read();
      if (done) return false;
      const lines = (text + value).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) client.lines.push(watchLineSchema.parse(JSON.parse(line)));
      return true;
    };
    while (client.lines.length === 0) if (!(await read())) throw new Error("watching ended before it began");
    void (async () => {
      while (await read());
    })()
      .catch(() => undefined)
      .finally(() => {
        client.ended = true;
      });
    return client;
  }

  get changes(): FileChange[] {
    return this.lines.flatMap(({ changes }) => changes);
  }

  close(): void {
    this.#gone.abort();
  }
}
