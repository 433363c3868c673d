import { createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { basename, join } from "node:path";
import { json } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/protocol/errors";
import type { TRPCClient } from "@trpc/client";
import type { AppRouter } from "../server/trpc/app-router";
import { folderOfTar, type PackedFile, tarOfFolder } from "./folder-tar";
import { exchange, type SentBody } from "./http-exchange";
import { fromRest, NoAnswerError } from "./request-error";

const CHUNK_BYTES = 1024 * 1024;
/** What is said of a folder that a file was to be. */
const MAY_BE_FOLDER: readonly string[] = ["FILE_KIND", "FILE_OUTSIDE"];
/** What an image without it says, and an agent that knows nothing of it. */
const LACKS_TAR: readonly string[] = ["SESSION_LACKS_PROGRAM", "NOT_FOUND"];

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
      const named = remote !== "" && remote !== "." && !remote.endsWith("/");
      const into = !named || (await copy.isFolder(there));
      const target = into ? join(there, basename(local)) : there;
      await (kind.isDirectory() ? copy.sendFolder(local, target, into ? null : false) : copy.send(local, target));
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
      // Rather fetched at once than asked about first: most often it is no folder.
      await copy.fetch(from, target).catch(async (error: unknown) => {
        if (!mayBeFolder(error) || !(await copy.isFolder(from))) throw error;
        await copy.fetchFolder(from, target);
      });
      return copy.total;
    },
  };
}

const mayBeFolder = (error: unknown): boolean => error instanceof BerthError && MAY_BE_FOLDER.includes(error.code);

/** Its parts take turns in two pieces of memory: each is good until the next but one is asked for. */
async function* contentOf(path: string, size: number): AsyncGenerator<Buffer> {
  const file = await open(path);
  const piece = () => Buffer.allocUnsafeSlow(Math.max(1, Math.min(CHUNK_BYTES, size)));
  let [now, next] = [piece(), piece()];
  try {
    for (;;) {
      const { bytesRead } = await file.read(now, 0, now.length, null);
      if (bytesRead === 0) return;
      yield now.subarray(0, bytesRead);
      [now, next] = [next, now];
    }
  } finally {
    await file.close();
  }
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
    await this.store(this.fileAddress(remote), { body: contentOf(local, size), size });
    this.arrived(remote, size);
  }

  /** At once, where there is nothing of that name yet (`isFolder`, where that is known) and the session has tar; else file by file. */
  async sendFolder(local: string, remote: string, isFolder: boolean | null): Promise<void> {
    if (isFolder ?? (await this.isFolder(remote))) return this.sendFiles(local, remote);
    const sent: PackedFile[] = [];
    const skipped: string[] = [];
    const tar = tarOfFolder(local, { onFile: (file) => void sent.push(file), onSkipped: (path) => void skipped.push(path) });
    try {
      await this.store(this.archiveAddress(remote), { body: tar, size: null });
    } catch (error) {
      if (error instanceof BerthError && LACKS_TAR.includes(error.code)) return this.sendFiles(local, remote);
      throw error;
    }
    for (const path of skipped) this.options.onSkipped?.(path);
    for (const { path, bytes } of sent) this.arrived(`${remote}/${path}`, bytes);
  }

  private async sendFiles(local: string, remote: string): Promise<void> {
    if (!(await this.isFolder(remote))) await this.place.api.files.makeFolder.mutate({ id: this.id, path: remote, ...this.reason });
    for (const entry of await readdir(local, { withFileTypes: true })) {
      const [from, to] = [join(local, entry.name), join(remote, entry.name)];
      if (entry.isDirectory()) await this.sendFiles(from, to);
      else if (entry.isFile()) await this.send(from, to);
      else this.options.onSkipped?.(from);
    }
  }

  async fetch(remote: string, local: string): Promise<void> {
    const body = await this.request("GET", this.fileAddress(remote), {});
    const part = `${local}.part`;
    try {
      let bytes = 0;
      body.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      await pipeline(body, createWriteStream(part, { highWaterMark: CHUNK_BYTES }), { signal: this.options.signal });
      await rename(part, local);
      this.arrived(remote, bytes);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  /** At once, where the session has tar; else file by file. */
  async fetchFolder(remote: string, local: string): Promise<void> {
    let tar: IncomingMessage;
    try {
      tar = await this.request("GET", this.archiveAddress(remote), {});
    } catch (error) {
      // The root of all has no name to go under.
      if (error instanceof BerthError && [...LACKS_TAR, "FILE_OUTSIDE"].includes(error.code)) return this.fetchFiles(remote, local);
      throw error;
    }
    const again: string[] = [];
    await folderOfTar(tar, local, {
      onFile: ({ path, bytes }) => this.arrived(`${remote}/${path}`, bytes),
      onSkipped: (path) => this.options.onSkipped?.(path),
      onAgain: (path) => void again.push(path),
    });
    for (const path of again) await this.fetch(`${remote}/${path}`, join(local, path));
  }

  private async fetchFiles(remote: string, local: string): Promise<void> {
    await mkdir(local, { recursive: true });
    let cursor: string | undefined;
    do {
      const page = await this.place.api.files.list.query({ id: this.id, path: remote, ...this.reason, ...(cursor ? { cursor } : {}) });
      for (const { name, rawName, kind } of page.entries) {
        const [from, to] = [join(remote, name), join(local, name)];
        // A name comes from inside the session: it may say nothing about where on this machine it goes.
        if (rawName !== null || /[/\\\0]/.test(name) || name === "." || name === "..") this.options.onSkipped?.(from);
        else if (kind === "folder") await this.fetchFiles(from, to);
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

  private fileAddress(remote: string): URL {
    return this.address(`/v1/agents/${this.id}/files`, remote);
  }

  private archiveAddress(remote: string): URL {
    return this.address(`/api/v1/sessions/${this.id}/archive`, remote);
  }

  private address(root: string, remote: string): URL {
    return new URL(`${root}${remote.split("/").map(encodeURIComponent).join("/")}`, this.place.url);
  }

  private async store(address: URL, sent: SentBody): Promise<void> {
    // An answer that nobody reads would hold its connection, and with it the program.
    (await this.request("PUT", address, { parents: "1" }, sent)).resume();
  }

  /** Resolves with a success's body, which has to be read. */
  private async request(method: "GET" | "PUT", address: URL, query: Record<string, string>, sent?: SentBody): Promise<IncomingMessage> {
    const { url, token } = this.place;
    for (const [name, value] of Object.entries({ ...query, ...this.reason })) address.searchParams.set(name, value);
    const { signal } = this.options;
    const headers = {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(sent ? { "content-type": "application/octet-stream" } : {}),
    };
    const answer = await exchange(address, { method, headers, sent, signal }).catch((error: unknown) => {
      throw signal?.aborted ? error : new NoAnswerError(url.origin, error);
    });
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    const body: unknown = await json(answer).catch(() => null);
    throw fromRest(body, status) ?? new NoAnswerError(url.origin, new Error(`it answered ${status} to a request for ${address.pathname}`));
  }
}
