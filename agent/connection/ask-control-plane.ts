/** One request to the control plane, by whatever certificate it is known. */
import http from "node:http";
import https from "node:https";
import { BerthError } from "@berth/protocol/errors";
import type { TlsOptions } from "../identity/credentials";
import { wordsOf } from "../log";
import { controlPlaneUrl } from "./control-plane-url";

const ANSWER_TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface Asked {
  readonly method: "GET" | "POST";
  /** Of the contract, without a proxy's prefix. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: Buffer;
  /** `anyone`: the answer proves itself, so it may come from whoever is there. */
  readonly tls: TlsOptions | "anyone";
}

/** Follows no redirect. Throws SERVICE_UNAVAILABLE where no whole answer came. */
export function askControlPlane(base: URL, { method, path, headers, body, tls }: Asked): Promise<{ status: number; text: string }> {
  const url = controlPlaneUrl(base, path);
  const { request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new BerthError("SERVICE_UNAVAILABLE", wordsOf(error), { cause: error }));
    const asked = request(
      url,
      {
        method,
        agent: false,
        headers: { ...headers, ...(body ? { "content-type": "application/json", "content-length": body.length } : {}) },
        ...(tls === "anyone" ? { rejectUnauthorized: false } : tls),
      },
      (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on("data", (part: Buffer) => {
          size += part.length;
          if (size > MAX_ANSWER_BYTES) asked.destroy(new Error("its answer has no end"));
          parts.push(part);
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") }));
        response.on("error", fail);
      },
    );
    const late = setTimeout(() => asked.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)), ANSWER_TIMEOUT_MS);
    asked.on("close", () => clearTimeout(late));
    asked.on("error", fail);
    asked.end(body);
  });
}
