import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { BerthError } from "@berth/protocol/errors";
import type { TRPCClient } from "@trpc/client";
import type { AppRouter } from "../server/trpc/app-router";
import { fromRest, NoAnswerError } from "./request-error";

export interface CopyOptions {
  readonly signal?: AbortSignal;
  /** Where the session is another's, for an administrator: its owner sees it. */
  readonly reason?: string | undefined;
  /** Called with each file's path in the session when it has arrived. */
  readonly onFile?: (path: string, bytes: number) => void;
  /** Called for what is neither file nor folder, and so is left out. */
  readonly onSkipped?: (path: string) => void;
}

export interface Copied {
  readonly files: number;
  readonly bytes: number;
}

export interface SessionFiles {
  /** A file or folder of this machine into a session. A path that is a folder there, or ends with `/`, takes it under its own name; what does not begin with `/` is below the home. */
  upload(id: string, local: string, remote: string, options?: CopyOptions): Promise<Copied>;
  /** The other way. A local folder that is there takes it under its own name. */
  download(id: string, remote: string, local: string, options?: CopyOptions): Promise<Copied>;
}

interface Place {
  readonly url: URL;
  readonly token: string | null;
  readonly api: TRPCClient<AppRouter>;
}

export function sessionFiles(place: Place): SessionFiles {
  return {
    async upload(id, local, remote, options = {}) {
      const copy = new Copy(place, id, options);
      const kind = await stat(local);
      const there = await copy.absolute(remote);
      const into = remote.endsWith("/") || (await copy.isFolder(there));
      const target = into ? join(there, basename(local)) : there;
      await (kind.isDirectory() ? copy.sendFolder(local, target) : copy.send(local, target));
      return copy.total;
    },
    async download(id, remote, local, options = {}) {
      const copy = new Copy(place, id, options);
      const from = await copy.absolute(remote);
      const into = await stat(local).then(
        (found) => found.isDirectory(),
        () => false,
      );
      const target = into ? join(local, basename(from)) : local;
      await ((await copy.isFolder(from)) ? copy.fetchFolder(from, target) : copy.fetch(from, target));
      return copy.total;
    },
  };
}

/** One copy, one way. */
class Copy {
  readonly total = { files: 0, bytes: 0 };

  constructor(
    private readonly place: Place,
    private readonly id: string,
    private readonly options: CopyOptions,
  ) {}

  private get reason(): Record<string, string> {
    return this.options.reason === undefined ? {} : { reason: this.options.reason };
  }

  async absolute(remote: string): Promise<string> {
    const path = remote.length > 1 ? remote.replace(/\/+$/, "") : remote;
    if (remote.startsWith("/")) return path || "/";
    const home = (await this.place.api.files.list.query({ id: this.id, limit: 1, ...this.reason })).path;
    return path === "" || path === "." ? home : join(home, path);
  }

  async isFolder(path: string): Promise<boolean> {
    try {
      await this.place.api.files.list.query({ id: this.id, path, limit: 1, ...this.reason });
      return true;
    } catch (error) {
      if (error instanceof BerthError && ["FILE_NOT_FOUND", "FILE_KIND"].includes(error.code)) return false;
      throw error;
    }
  }

  async send(local: string, remote: string): Promise<void> {
    const { size } = await stat(local);
    const body = Readable.toWeb(createReadStream(local));
    await this.request("PUT", remote, { parents: "1" }, { body: body as BodyInit, size });
    this.arrived(remote, size);
  }

  async sendFolder(local: string, remote: string): Promise<void> {
    if (!(await this.isFolder(remote))) await this.place.api.files.makeFolder.mutate({ id: this.id, path: remote, ...this.reason });
    for (const entry of await readdir(local, { withFileTypes: true })) {
      const [from, to] = [join(local, entry.name), join(remote, entry.name)];
      if (entry.isDirectory()) await this.sendFolder(from, to);
      else if (entry.isFile()) await this.send(from, to);
      else this.options.onSkipped?.(from);
    }
  }

  async fetch(remote: string, local: string): Promise<void> {
    const answer = await this.request("GET", remote, {});
    const part = `${local}.part`;
    try {
      let bytes = 0;
      const body = answer.body ? Readable.fromWeb(answer.body as ReadableStream) : Readable.from([]);
      body.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      await pipeline(body, createWriteStream(part), { signal: this.options.signal });
      await rename(part, local);
      this.arrived(remote, bytes);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  async fetchFolder(remote: string, local: string): Promise<void> {
    await mkdir(local, { recursive: true });
    let cursor: string | undefined;
    do {
      const page = await this.place.api.files.list.query({ id: this.id, path: remote, ...this.reason, ...(cursor ? { cursor } : {}) });
      for (const { name, rawName, kind } of page.entries) {
        const [from, to] = [join(remote, name), join(local, name)];
        // A name comes from inside the session: it may say nothing about where on this machine it goes.
        if (rawName !== null || /[/\\\0]/.test(name) || name === "." || name === "..") this.options.onSkipped?.(from);
        else if (kind === "folder") await this.fetchFolder(from, to);
        else if (kind === "file") await this.fetch(from, to);
        else this.options.onSkipped?.(from);
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
  }

  private arrived(path: string, bytes: number): void {
    this.total.files += 1;
    this.total.bytes += bytes;
    this.options.onFile?.(path, bytes);
  }

  private async request(
    method: "GET" | "PUT",
    remote: string,
    query: Record<string, string>,
    sent?: { readonly body: BodyInit; readonly size: number },
  ): Promise<Response> {
    const { url, token } = this.place;
    const path = remote.split("/").map(encodeURIComponent).join("/");
    const search = new URLSearchParams(query);
    if (this.reason.reason !== undefined) search.set("reason", this.reason.reason);
    const address = new URL(`/v1/agents/${this.id}/files${path}${search.size > 0 ? `?${search}` : ""}`, url);
    const { signal } = this.options;
    const answer = await fetch(address, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(sent ? { "content-length": String(sent.size), "content-type": "application/octet-stream" } : {}),
      },
      ...(sent ? { body: sent.body, duplex: "half" } : {}),
      ...(signal ? { signal } : {}),
    }).catch((error: unknown) => {
      throw signal?.aborted ? error : new NoAnswerError(url.origin, error);
    });
    if (answer.ok) return answer;
    const body: unknown = await answer.json().catch(() => null);
    throw (
      fromRest(body, answer.status) ?? new NoAnswerError(url.origin, new Error(`it answered ${answer.status} to a request for ${remote}`))
    );
  }
}
