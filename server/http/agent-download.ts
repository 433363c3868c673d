import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { BerthError } from "@berth/protocol/errors";
import type { HttpCall, HttpHandler } from "./calls";
import { installerScript } from "./installer-script";
import { demandRead } from "./read-only";

interface Bundle {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly modifiedMs: number;
}

/** The agent program as it is built, served with its hash. Read again when the file has changed. */
export class AgentDownload {
  private bundle: Bundle | null = null;

  constructor(
    private readonly file: string,
    private readonly agentUrl: () => URL,
  ) {}

  /** Reads the bundle; null where it was not built. */
  async load(): Promise<Bundle | null> {
    const modifiedMs = await stat(this.file).then(
      (found) => found.mtimeMs,
      () => null,
    );
    if (modifiedMs === null) this.bundle = null;
    else if (this.bundle?.modifiedMs !== modifiedMs) {
      const bytes = await readFile(this.file);
      this.bundle = { bytes, modifiedMs, sha256: createHash("sha256").update(bytes).digest("hex") };
    }
    return this.bundle;
  }

  /** SHA-256 (hex) of what `load` last read. */
  get sha256(): string | null {
    return this.bundle?.sha256 ?? null;
  }

  /** `/agent/download/agent.mjs` */
  readonly program: HttpHandler = async (call) => {
    const { bytes, sha256 } = await this.built();
    send(call, "text/javascript; charset=utf-8", bytes, `"${sha256}"`);
  };

  /** `/agent/download/agent.mjs.sha256`, as `sha256sum -c` reads it. */
  readonly hash: HttpHandler = async (call) => {
    const { sha256 } = await this.built();
    send(call, "text/plain; charset=utf-8", Buffer.from(`${sha256}  agent.mjs\n`), `"${sha256}-sum"`);
  };

  /** `/agent/install.sh` */
  readonly installer: HttpHandler = (call) => {
    const script = Buffer.from(installerScript(this.agentUrl()));
    send(call, "text/x-shellscript; charset=utf-8", script, `"${createHash("sha256").update(script).digest("hex")}"`);
  };

  private async built(): Promise<Bundle> {
    const bundle = await this.load();
    if (!bundle)
      throw new BerthError("SERVICE_UNAVAILABLE", "The agent program was not built here; run 'npm run build' on the control plane");
    return bundle;
  }
}

function send({ request, response }: HttpCall, type: string, body: Buffer, etag: string): void {
  demandRead(request, response);
  response.setHeader("ETag", etag);
  response.setHeader("Cache-Control", "no-cache");
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { "Content-Type": type, "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}
