import type { Readable } from "node:stream";
import { agentApiPath } from "@berth/protocol/agent-api";
import { ACCESS_HEADER } from "@berth/protocol/session-files";
import { Client } from "undici";
import type { SessionDriver } from "../drivers/driver";
import { filesApi } from "../files/files-api";
import { openApiDoor } from "./api-door";

export interface AskedOfFiles {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly what: string;
  readonly path: string | Buffer;
  readonly access: { readonly writable: readonly string[]; readonly readable: readonly string[] };
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Buffer | Readable | null | undefined;
}

/** The agent's files of one session, asked for as the control plane does. */
export async function openFilesDoor(driver: Pick<SessionDriver, "exec">, sessionId: string) {
  const door = await openApiDoor([filesApi(driver)], sessionId);
  const client = new Client(`http://127.0.0.1:${door.port}`, { bodyTimeout: 0 });
  return {
    ask: ({ method, what, path, access, query, headers, body }: AskedOfFiles) =>
      client.request({
        method,
        path: agentApiPath(sessionId, `${what}?${new URLSearchParams({ path: Buffer.from(path).toString("base64url"), ...query })}`),
        headers: { [ACCESS_HEADER]: Buffer.from(JSON.stringify(access)).toString("base64url"), ...headers },
        body: body ?? null,
      }),
    async close(): Promise<void> {
      await client.destroy();
      door.close();
    },
  };
}
export type FilesDoor = Awaited<ReturnType<typeof openFilesDoor>>;
