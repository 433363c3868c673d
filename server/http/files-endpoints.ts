/** Contents of files inside sessions, as streams: they go from the agent to whoever asked, and back, and are gathered nowhere. */
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/protocol/errors";
import { uploadIdSchema, ZIP_TYPE } from "@berth/protocol/session-files";
import type { z } from "zod";
import { addressInUrl, type FileAddress } from "../modules/files/file-address";
import { type listFilesInput, type listFilesOutput, listFilesInput as listInput } from "../modules/files/files-schema";
import type { FileRequest, OpenFiles } from "../modules/files/files-service";
import type { AgentAnswer } from "../modules/sessions/inside/agent-requests";
import type { WhichFiles } from "../modules/sessions/inside/file-visits";
import { demandScope } from "../modules/tokens/token-scope";
import type { Asker, Login } from "../modules/users/users-schema";
import { validationError } from "../platform/errors";
import type { HttpCall, HttpHandler } from "./calls";
import { type CountedLoginOptions, countedLogin } from "./counted-login";
import type { OpenSockets } from "./open-sockets";

export interface FilesEndpointOptions extends CountedLoginOptions {
  readonly files: {
    open(asker: Asker, which: WhichFiles): Promise<OpenFiles>;
    list(asker: Asker, input: z.output<typeof listFilesInput> & WhichFiles): Promise<z.output<typeof listFilesOutput>>;
  };
  /** A transfer ends with the access that began it. */
  readonly sockets: OpenSockets;
}

/** Of an agent's answer, what goes on to whoever asked. */
const PASSED = ["content-length", "content-range", "accept-ranges", "etag", "last-modified"] as const;
const ASKED = ["range", "if-range", "if-match", "if-none-match", "content-length"] as const;

type Served = (call: HttpCall, asker: Asker) => Promise<void>;
type Methods = Readonly<Record<string, Served>>;

export function filesEndpoints(options: FilesEndpointOptions) {
  const { files } = options;
  const within = (call: HttpCall, run: (signal: AbortSignal) => Promise<void>, login: Login) => transfer(options, call, login, run);

  /** Opens the session, asks its agent, and gives the answer to `then`, all of it for as long as whoever asked is there. */
  const ask = async (
    call: HttpCall,
    asker: Asker,
    request: Omit<FileRequest, "signal" | "headers">,
    then: (answer: AgentAnswer, open: OpenFiles) => Promise<void>,
  ) => {
    const open = await files.open(asker, {
      id: call.params.id ?? "",
      reason: reasonOf(call),
      refusesStrangers: call.pathname.startsWith("/v1/"),
    });
    await within(
      call,
      async (signal) => {
        const headers: Record<string, string> = {};
        for (const name of ASKED) {
          const value = call.request.headers[name];
          if (typeof value === "string" && (name !== "content-length" || request.body)) headers[name] = value;
        }
        const answer = await open.request({ ...request, headers, signal });
        await then(answer, open);
      },
      asker,
    );
  };

  const readFile: Served = async (call, asker) => {
    const address = addressInUrl(call.params.rest ?? "");
    const head = call.request.method === "HEAD";
    await ask(call, asker, { method: "GET", what: "file", address, query: head ? { head: "1" } : {} }, async (answer, open) => {
      const { range } = call.request.headers;
      if (!head && (range === undefined || /^bytes=0-/.test(range))) await open.record("download", { path: address.shown });
      sendBytes(call, answer, address.shown);
      if (head) {
        call.response.setHeader("Content-Length", String(answer.headers["x-file-size"] ?? 0));
        answer.body.resume();
        return void call.response.end();
      }
      await pipeline(answer.body, call.response);
    });
  };
  const written = (path: FileAddress) => async (answer: AgentAnswer, open: OpenFiles, call: HttpCall) => {
    if (answer.headers.etag !== undefined || answer.status === 204) await open.record("write", { path: path.shown });
    await sendJson(call, answer);
  };
  const writeFile: Served = async (call, asker) => {
    const address = addressInUrl(call.params.rest ?? "");
    const query = flags(call, ["parents", "mode"]);
    const request = { method: "PUT", what: "file", address, query, body: call.request } as const;
    await ask(call, asker, request, (answer, open) => written(address)(answer, open, call));
  };
  const removeFile: Served = async (call, asker) => {
    const address = addressInUrl(call.params.rest ?? "");
    await ask(call, asker, { method: "DELETE", what: "file", address, query: flags(call, ["recursive"]) }, async (answer, open) => {
      await open.record("delete", { path: address.shown, recursive: call.query.has("recursive") });
      await sendJson(call, answer);
    });
  };
  const list: Served = async (call, asker) => {
    const parsed = listInput.safeParse({ ...Object.fromEntries(call.query), id: call.params.id });
    if (!parsed.success) throw validationError(parsed.error, "INVALID_PARAMETER");
    const body = JSON.stringify(await files.list(asker, { ...parsed.data, refusesStrangers: true }));
    call.response.writeHead(200, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" });
    call.response.end(call.request.method === "HEAD" ? undefined : body);
  };
  const pack: Served = async (call, asker) => {
    const address = addressInUrl(call.params.rest ?? "");
    const kind = call.query.get("archive") ?? "tar";
    if (kind !== "tar" && kind !== "zip") throw new BerthError("INVALID_PARAMETER", "archive: must be tar or zip");
    const query: Record<string, string> = kind === "zip" ? { archive: kind } : {};
    await ask(call, asker, { method: "GET", what: "archive", address, query }, async (answer, open) => {
      if (kind === "zip" && answer.headers["content-type"] !== ZIP_TYPE) {
        answer.body.destroy();
        throw new BerthError("AGENT_TOO_OLD", "The agent of this session is too old to make a zip; update it, or take a tar");
      }
      await open.record("download", { path: address.shown, folder: true });
      sendBytes(call, answer, `${address.shown}.${kind}`);
      await pipeline(answer.body, call.response);
    });
  };
  const unpack: Served = async (call, asker) => {
    const address = addressInUrl(call.params.rest ?? "");
    const request = { method: "PUT", what: "archive", address, query: flags(call, ["parents"]), body: call.request } as const;
    await ask(call, asker, request, (answer, open) => written(address)(answer, open, call));
  };
  /** `…/uploads/<id>/<path>`: GET says how much is there, PUT `?offset=&size=` goes on, DELETE gives up. */
  const upload: Served = async (call, asker) => {
    const { id, address } = uploadOf(call.params.rest ?? "");
    const { method } = call.request;
    if (method === "GET" || method === "DELETE")
      return ask(call, asker, { method, what: "upload", address, query: { id } }, (answer) => sendJson(call, answer));
    const query = { ...flags(call, ["parents", "mode", "offset", "size"]), id };
    await ask(call, asker, { method: "PUT", what: "upload", address, query, body: call.request }, (answer, open) =>
      written(address)(answer, open, call),
    );
  };

  const endpoint =
    (methods: Methods): HttpHandler =>
    async (call) => {
      const { request, response, address } = call;
      const login = await countedLogin(options, call);
      const serve = methods[request.method ?? ""];
      if (!serve) {
        response.setHeader("Allow", Object.keys(methods).join(", "));
        throw new BerthError("METHOD_NOT_ALLOWED", `${request.method} is not served here; use ${Object.keys(methods).join(" or ")}`);
      }
      const reads = request.method === "GET" || request.method === "HEAD";
      demandScope(login.token, { type: reads ? "query" : "mutation", peopleOnly: false });
      await serve(call, { ...login, address });
    };
  return {
    sessionFiles: endpoint({ GET: list, HEAD: list }),
    sessionFile: endpoint({ GET: readFile, HEAD: readFile, PUT: writeFile, DELETE: removeFile }),
    sessionArchive: endpoint({ GET: pack, PUT: unpack }),
    sessionUpload: endpoint({ GET: upload, PUT: upload, DELETE: upload }),
  };
}

async function transfer({ sockets }: FilesEndpointOptions, call: HttpCall, login: Login, run: (signal: AbortSignal) => Promise<void>) {
  const { response } = call;
  const gone = new AbortController();
  const left = (): void => gone.abort();
  response.once("close", left);
  const forget = sockets.add(login, () => {
    gone.abort();
    response.destroy();
  });
  try {
    await run(gone.signal);
  } catch (error) {
    // Whoever went away half-way is nobody's error.
    if (!gone.signal.aborted) throw error;
  } finally {
    forget();
  }
}

const reasonOf = ({ query }: HttpCall): string | undefined => {
  const reason = query.get("reason")?.trim();
  return reason ? reason.slice(0, 500) : undefined;
};

const flags = ({ query }: HttpCall, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (query.has(name) ? [[name, query.get(name) ?? ""]] : [])));

function uploadOf(rest: string): { id: string; address: FileAddress } {
  const slash = rest.indexOf("/");
  const id = uploadIdSchema.safeParse(rest.slice(0, Math.max(0, slash)));
  if (!id.success) throw new BerthError("INVALID_PARAMETER", "An upload has an id of 8 to 64 letters, digits, '-' and '_' before its path");
  return { id: id.data, address: addressInUrl(rest.slice(slash + 1)) };
}

/** As something to keep and nothing else: no page of ours may come of what is in a session. */
function sendBytes({ response }: HttpCall, { status, headers }: AgentAnswer, path: string): void {
  for (const name of PASSED) {
    const value = headers[name];
    if (typeof value === "string") response.setHeader(name, value);
  }
  const name = path.slice(path.lastIndexOf("/") + 1);
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name.replace(/[\ud800-\udfff]/g, "_")).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  response.setHeader("Content-Type", "application/octet-stream");
  response.setHeader("Content-Disposition", `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`);
  response.setHeader("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'");
  response.setHeader("Cache-Control", "no-store");
  response.statusCode = status;
}

const MAX_ANSWER_BYTES = 64 * 1024;

async function sendJson({ response }: HttpCall, answer: AgentAnswer): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new BerthError("TUNNEL_FAILED", "The agent's answer was not understood");
    chunks.push(chunk);
  }
  const { etag } = answer.headers;
  if (typeof etag === "string") response.setHeader("ETag", etag);
  response.writeHead(answer.status, {
    "Cache-Control": "no-store",
    ...(bytes > 0 ? { "Content-Type": "application/json; charset=utf-8" } : {}),
  });
  response.end(Buffer.concat(chunks));
}
