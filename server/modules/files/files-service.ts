import type { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { ACCESS_HEADER, folderListingSchema } from "@berth/protocol/session-files";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { AgentAnswer, AgentRequest, AgentRequests } from "../sessions/inside/agent-requests";
import type { FileVisit, FileVisits, WhichFiles } from "../sessions/inside/file-visits";
import type { Asker } from "../users/users-schema";
import { addressOf, type FileAddress } from "./file-address";
import type { FileWatches } from "./file-watches";
import type {
  fileChangesOutput,
  listFilesInput,
  listFilesOutput,
  makeFolderInput,
  moveFileInput,
  removeFileInput,
  watchFilesInput,
} from "./files-schema";

/** What is asked of the agent: see `agent/files`. */
export interface FileRequest {
  readonly method: AgentRequest["method"];
  readonly what: "folder" | "file" | "upload" | "archive" | "move";
  readonly address: FileAddress;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | null;
  readonly signal?: AbortSignal;
}

/** A session whose files the asking person may touch. */
export interface OpenFiles extends Omit<FileVisit, "target"> {
  request(request: FileRequest): Promise<AgentAnswer>;
}

export interface FilesDeps {
  readonly bus: Bus;
  readonly visits: FileVisits;
  readonly watches: FileWatches;
  readonly agentApi: AgentRequests;
}

/** Files inside sessions, asked of their agents. What a path means is decided where the file is. */
export class FilesService {
  constructor(private readonly deps: FilesDeps) {}

  /** Throws as `FileVisits` does. What the agent refuses with is thrown by each request. */
  async open(asker: Asker, which: WhichFiles): Promise<OpenFiles> {
    const { visits, agentApi } = this.deps;
    const { target, access, record } = await visits.open(asker, which);
    const accessText = Buffer.from(JSON.stringify(access)).toString("base64url");
    return {
      access,
      record,
      request: ({ method, what, address, query, headers, body, signal }) => {
        const search = new URLSearchParams({ path: address.bytes.toString("base64url"), ...query });
        return agentApi.request(target, {
          method,
          path: `${what}?${search}`,
          headers: { ...headers, [ACCESS_HEADER]: accessText },
          body: body ?? null,
          ...(signal ? { signal } : {}),
        });
      },
    };
  }

  async list(
    asker: Asker,
    { path, cursor, limit, ...which }: z.output<typeof listFilesInput> & WhichFiles,
  ): Promise<z.output<typeof listFilesOutput>> {
    const files = await this.open(asker, which);
    const { readable, writable } = files.access;
    const address = addressOf(path ?? readable[0] ?? "/");
    const query = { limit: String(limit), ...(cursor === undefined ? {} : { cursor }) };
    const answer = await files.request({ method: "GET", what: "folder", address, query });
    const roots = readable.map((root) => ({ path: root, writable: writable.includes(root) }));
    return { ...folderListingSchema.parse(await json(answer.body)), roots };
  }

  /** The first says that there may have been changes before. Throws as `open` does, also later: when the session changes it is asked again. */
  async *changes(
    asker: Asker,
    which: z.output<typeof watchFilesInput>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<z.output<typeof fileChangesOutput>> {
    const { bus, visits, watches } = this.deps;
    await visits.open(asker, which);
    let waiting: z.output<typeof fileChangesOutput> | null = { changes: [], partial: true };
    let recheck = false;
    let wake = (): void => {};
    const stops = [
      watches.follow(which.id, ({ changes, more, cut }) => {
        // Whoever reads slowly is told that there was more, and reads again.
        if (changes.length > 0) waiting = { changes, partial: more > 0 || cut || waiting !== null };
        wake();
      }),
      bus.subscribe((event) => {
        if (event.kind !== "session" || event.sessionId !== which.id) return;
        recheck = true;
        wake();
      }),
    ];
    const aborted = () => wake();
    signal?.addEventListener("abort", aborted);
    try {
      while (!signal?.aborted) {
        if (recheck) {
          recheck = false;
          await visits.open(asker, which);
        }
        const told = taken();
        if (told) yield told;
        if (waiting !== null || recheck || signal?.aborted) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      for (const stop of stops) stop();
      signal?.removeEventListener("abort", aborted);
    }
    function taken() {
      const one = waiting;
      waiting = null;
      return one;
    }
  }

  async makeFolder(asker: Asker, { path, ...which }: z.output<typeof makeFolderInput>): Promise<void> {
    const files = await this.open(asker, which);
    await done(files.request({ method: "POST", what: "folder", address: addressOf(path) }));
    await files.record("make_folder", { path });
  }

  async move(asker: Asker, { from, to, overwrite, ...which }: z.output<typeof moveFileInput>): Promise<void> {
    const files = await this.open(asker, which);
    const query = { to: addressOf(to).bytes.toString("base64url"), ...(overwrite ? { over: "1" } : {}) };
    await done(files.request({ method: "POST", what: "move", address: addressOf(from), query }));
    await files.record("move", { path: from, to });
  }

  async remove(asker: Asker, { path, recursive, ...which }: z.output<typeof removeFileInput>): Promise<void> {
    const files = await this.open(asker, which);
    await done(files.request({ method: "DELETE", what: "file", address: addressOf(path), query: recursive ? { recursive: "1" } : {} }));
    await files.record("delete", { path, recursive });
  }
}

async function done(answer: Promise<AgentAnswer>): Promise<void> {
  for await (const _ of (await answer).body);
}
