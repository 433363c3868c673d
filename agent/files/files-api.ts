/** Files inside sessions, as part of the agent's HTTP API (see `@berth/protocol/session-files`). Paths are `?path=`, base64url of their bytes. */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/protocol/errors";
import {
  ACCESS_HEADER,
  type FileAccess,
  fileAccessSchema,
  MAX_ENTRIES,
  uploadIdSchema,
  type uploadStateSchema,
  type WrittenFile,
  ZIP_TYPE,
} from "@berth/protocol/session-files";
import type { z } from "zod";
import type { SessionDriver } from "../drivers/driver";
import type { ApiCall, ApiPart, ApiRoute } from "../http/api-routes";
import { youngGarbage } from "../tunnel/young-garbage";
import { FilePath, rootsText } from "./file-path";
import { type FileFacts, readFacts, readListing } from "./listing";
import { type ByteRange, ByteWindow, rangeOf } from "./range";
import { answerOf, firstLine, runScript, type ScriptCall } from "./run-script";
import { bodyInto, bodyOutOf } from "./script-body";
import {
  DROP_PART,
  FINISH_UNPACK,
  LIST,
  MAKE_FOLDER,
  MOVE,
  PACK,
  PART_SIZE,
  READ,
  REMOVE,
  UNPACK,
  WORTH_A_PIPE_BYTES,
  WRITE,
} from "./scripts";
import { TarCheck } from "./tar-check";
import { zipOfTar } from "./zip-of-tar";

/** Of one folder's names and facts. */
const MAX_LISTING_BYTES = 64 * 1024 * 1024;
const BLOCK = 65_536;

type Driver = Pick<SessionDriver, "exec">;

export function filesApi(driver: Driver): ApiPart {
  const route = (method: ApiRoute["method"], path: string, answer: (files: FilesCall, response: ServerResponse) => Promise<void>) => ({
    method,
    path,
    answer: (call: ApiCall, response: ServerResponse) => answer(new FilesCall(driver, call), response),
  });
  return {
    routes: [
      route("GET", "folder", list),
      route("POST", "folder", makeFolder),
      route("GET", "file", read),
      route("PUT", "file", write),
      route("DELETE", "file", remove),
      route("POST", "move", move),
      route("GET", "upload", uploadState),
      route("PUT", "upload", upload),
      route("DELETE", "upload", dropUpload),
      route("GET", "archive", pack),
      route("PUT", "archive", unpack),
    ],
    upgrades: [],
  };
}

/** One request about a path. */
class FilesCall {
  readonly path: FilePath;
  readonly access: FileAccess;

  constructor(
    readonly driver: Driver,
    readonly call: ApiCall,
  ) {
    this.path = FilePath.parse(call.query.get("path"));
    this.access = accessOf(call.request.headers[ACCESS_HEADER]);
  }

  get query(): URLSearchParams {
    return this.call.query;
  }

  /** `flag`, where the query has it. */
  flag(name: string): string {
    return this.query.has(name) ? name : "";
  }

  script(script: string, args: readonly string[], pipe = false): ScriptCall {
    const { sessionId, signal } = this.call;
    const roots = [rootsText(this.access.writable), rootsText(this.access.readable)];
    return { sessionId, signal, script, path: this.path.shown, args: [...roots, ...args], pipe };
  }

  answer(script: string, args: readonly string[], maxBytes?: number): Promise<Buffer> {
    return answerOf(this.driver, this.script(script, args), maxBytes);
  }
}

/** Of `ACCESS_HEADER`. Throws INVALID_PARAMETER. */
export function accessOf(header: string | string[] | undefined): FileAccess {
  const parsed = fileAccessSchema.safeParse(jsonIn(typeof header === "string" ? header : ""));
  if (!parsed.success) throw new BerthError("INVALID_PARAMETER", `${ACCESS_HEADER}: must say which folders are open`);
  return parsed.data;
}

function jsonIn(base64url: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64url, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}

function sendJson(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function wholeNumber(text: string | null, name: string): number {
  if (text === null || !/^\d{1,15}$/.test(text)) throw new BerthError("INVALID_PARAMETER", `${name}: must be a whole number`);
  return Number(text);
}

/** Without its quotes; "" where there is none. */
function etagIn(header: string | undefined): string {
  if (header === undefined) return "";
  const found = /^(?:"([A-Za-z0-9-]{1,200})"|(\*))$/.exec(header.trim());
  if (!found) throw new BerthError("INVALID_PARAMETER", "If-Match: must be one ETag as it was given, in its quotes");
  return found[1] ?? "*";
}

const headersOf = ({ etag, mode, modifiedAt }: FileFacts): Record<string, string> => ({
  etag: `"${etag}"`,
  "last-modified": modifiedAt.toUTCString(),
  "x-file-mode": mode,
  "accept-ranges": "bytes",
});

async function list(files: FilesCall, response: ServerResponse): Promise<void> {
  const { query } = files;
  const cursor = query.get("cursor");
  const limit = Math.min(MAX_ENTRIES, wholeNumber(query.get("limit") ?? String(MAX_ENTRIES), "limit"));
  const said = await files.answer(LIST, [files.path.whole], MAX_LISTING_BYTES);
  sendJson(response, readListing(said, { cursor: cursor === null ? null : Buffer.from(cursor, "base64url"), limit }));
}

async function makeFolder(files: FilesCall, response: ServerResponse): Promise<void> {
  await files.answer(MAKE_FOLDER, [files.path.folder, files.path.name, files.flag("parents")]);
  response.writeHead(204).end();
}

async function read(files: FilesCall, response: ServerResponse): Promise<void> {
  const { folder, name } = files.path;
  const { request } = files.call;
  const head = files.query.has("head");
  const asked = head ? null : (request.headers.range ?? null);
  // What a range means is known when the size is: a script that is to jump needs it before.
  const size = asked === null ? null : readFacts((await files.answer(READ, [folder, name, "none", ""])).toString("latin1")).size;
  const range = asked === null || size === null ? null : rangeOf(asked, size);
  const run = await runScript(files.driver, files.script(READ, [folder, name, ...blocksOf(head, range)], !head));
  try {
    run.stdin.on("error", () => undefined);
    const { said, body } = await bodyOutOf(run);
    const facts = readFacts(said);
    const stale = request.headers["if-range"] !== undefined && request.headers["if-range"] !== `"${facts.etag}"`;
    if (range && (stale || range.from + range.length > facts.size))
      throw new BerthError("FILE_CHANGED", `${files.path.shown} was changed while it was read; read it from its beginning`);
    const length = range?.length ?? facts.size;
    response.writeHead(range ? 206 : 200, {
      ...headersOf(facts),
      "content-type": "application/octet-stream",
      "content-length": head ? 0 : length,
      ...(head ? { "x-file-size": String(facts.size) } : {}),
      ...(range ? { "content-range": `bytes ${range.from}-${range.from + range.length - 1}/${facts.size}` } : {}),
    });
    if (head) response.end();
    else await pipeline(body, new ByteWindow((range?.from ?? 0) % BLOCK, length), response);
  } catch (error) {
    void run.end();
    throw error;
  }
  run.leave();
}

function blocksOf(head: boolean, range: ByteRange | null): [string, string] {
  if (head) return ["none", ""];
  if (!range) return ["all", ""];
  const first = Math.floor(range.from / BLOCK);
  return [String(first), String(Math.ceil((range.from + range.length) / BLOCK) - first)];
}

interface WriteTerms {
  readonly id: string;
  readonly from: string;
  readonly whole: string;
}

function writeArgs(files: FilesCall, { id, from, whole }: WriteTerms): string[] {
  const { headers } = files.call.request;
  const mode = files.query.get("mode") ?? "";
  if (mode !== "" && !/^[0-7]{3,4}$/.test(mode)) throw new BerthError("INVALID_PARAMETER", "mode: must be three octal digits, as 644");
  const fresh = headers["if-none-match"]?.trim() === "*" ? "fresh" : "";
  return [files.path.folder, files.path.name, id, from, whole, mode, etagIn(headers["if-match"]), fresh, files.flag("parents")];
}

/** Sends the request's body to the script. Resolves with its answer; what it refuses with comes before what that did to the body's way. */
async function feed(files: FilesCall, args: readonly string[]): Promise<string> {
  const { request } = files.call;
  const length = request.headers["content-length"];
  const run = await runScript(files.driver, files.script(WRITE, args, length === undefined || Number(length) >= WORTH_A_PIPE_BYTES));
  try {
    youngGarbage.follow(request);
    const sent = pipeline(request, await bodyInto(run)).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    // It may take as long as it takes; one that ends before has something to say too.
    await Promise.race([sent, run.done.catch(() => undefined)]);
    const [said, fault] = await Promise.all([firstLine(run), sent]);
    await run.done;
    if (fault) throw fault.error;
    return said;
  } finally {
    void run.end();
  }
}

async function write(files: FilesCall, response: ServerResponse): Promise<void> {
  const { request } = files.call;
  const id = randomUUID();
  const length = request.headers["content-length"];
  if (length !== undefined) {
    const whole = String(wholeNumber(length, "Content-Length"));
    return sendWritten(response, await feed(files, writeArgs(files, { id, from: "new", whole })));
  }
  // How long it is, is known when it is here: it is put aside first, and only what came to its end takes its place.
  try {
    const said = await feed(files, writeArgs(files, { id, from: "0", whole: "-" }));
    const bytes = said.replace("part ", "");
    if (!request.complete) throw new BerthError("UPLOAD_BROKEN", `The upload to ${files.path.shown} broke off; nothing was changed`);
    const done = await files.answer(WRITE, writeArgs(files, { id, from: bytes, whole: bytes }));
    sendWritten(response, done.toString("latin1"));
  } catch (error) {
    await drop(files, id);
    throw error;
  }
}

function sendWritten(response: ServerResponse, said: string): void {
  const facts = readFacts(said.replace("done ", ""));
  sendJson(response, { ...facts } satisfies WrittenFile, { etag: `"${facts.etag}"` });
}

/** Whoever asked may have gone: what is left is taken away all the same. */
async function drop(files: FilesCall, id: string): Promise<void> {
  const { signal: _, ...call } = files.script(DROP_PART, [files.path.folder, id]);
  await answerOf(files.driver, { ...call, signal: new AbortController().signal }).catch(() => undefined);
}

const uploadId = (files: FilesCall): string => uploadIdSchema.parse(files.query.get("id"));

async function uploadState(files: FilesCall, response: ServerResponse): Promise<void> {
  const said = await files.answer(PART_SIZE, [files.path.folder, uploadId(files)]);
  sendJson(response, { offset: Number(said.toString("latin1").trim()) } satisfies z.infer<typeof uploadStateSchema>);
}

/** Goes on at `offset`; what has `size` bytes then is whole and takes its place. Answers how much is there, or what was written. */
async function upload(files: FilesCall, response: ServerResponse): Promise<void> {
  const offset = wholeNumber(files.query.get("offset"), "offset");
  const whole = wholeNumber(files.query.get("size"), "size");
  const said = await feed(files, writeArgs(files, { id: uploadId(files), from: String(offset), whole: String(whole) }));
  if (said.startsWith("done ")) return sendWritten(response, said);
  sendJson(response, { offset: Number(said.replace("part ", "")) } satisfies z.infer<typeof uploadStateSchema>);
}

async function dropUpload(files: FilesCall, response: ServerResponse): Promise<void> {
  await files.answer(DROP_PART, [files.path.folder, uploadId(files)]);
  response.writeHead(204).end();
}

async function remove(files: FilesCall, response: ServerResponse): Promise<void> {
  const { folder, name } = files.path;
  await files.answer(REMOVE, [folder, name, files.flag("recursive"), etagIn(files.call.request.headers["if-match"])]);
  response.writeHead(204).end();
}

async function move(files: FilesCall, response: ServerResponse): Promise<void> {
  const to = FilePath.parse(files.query.get("to"));
  await files.answer(MOVE, [files.path.folder, files.path.name, to.folder, to.name, files.flag("over")]);
  response.writeHead(204).end();
}

async function pack(files: FilesCall, response: ServerResponse): Promise<void> {
  const run = await runScript(files.driver, files.script(PACK, [files.path.folder, files.path.name], true));
  try {
    const { body } = await bodyOutOf(run);
    if (files.query.get("archive") === "zip") {
      response.writeHead(200, { "content-type": ZIP_TYPE });
      await pipeline(body, zipOfTar, response, { end: false });
    } else {
      response.writeHead(200, { "content-type": "application/x-tar" });
      await pipeline(body, response, { end: false });
    }
    // A file that changed while it was packed is no reason to throw the rest away; one that could not be read is.
    await run.done;
    response.end();
  } finally {
    void run.end();
  }
}

async function unpack(files: FilesCall, response: ServerResponse): Promise<void> {
  const id = randomUUID();
  const { folder, name } = files.path;
  const check = new TarCheck();
  try {
    const run = await runScript(files.driver, files.script(UNPACK, [folder, name, id, files.flag("parents")], true));
    try {
      youngGarbage.follow(files.call.request);
      const fault = await pipeline(files.call.request, check, await bodyInto(run)).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      if (fault && fault.error instanceof BerthError) throw fault.error;
      run.stdout.resume();
      await run.done;
      if (fault) throw fault.error;
    } finally {
      await run.end();
    }
    if (!check.complete) throw new BerthError("UPLOAD_BROKEN", `The archive for ${files.path.shown} has no end; nothing of it was kept`);
    await files.answer(FINISH_UNPACK, [folder, name, id]);
  } catch (error) {
    await drop(files, id);
    throw error;
  }
  response.writeHead(204).end();
}
