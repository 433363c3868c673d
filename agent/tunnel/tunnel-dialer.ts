/** Dials the control plane back for one tunnel. */
import { randomBytes } from "node:crypto";
import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import { DIAL_BACK_TIMEOUT_MS, TUNNEL_SECRET_HEADER, tunnelPath } from "@berth/protocol/tunnel";
import { controlPlaneUrl } from "../connection/control-plane-url";
import type { Credentials } from "../identity/credentials";
import { wordsOf } from "../log";

export interface TunnelTarget {
  readonly url: URL;
  readonly credentials: Credentials;
}

/** The connection after its 101: bytes that came with the answer are its first. Rejects with `TUNNEL_FAILED`. */
export async function dialTunnel(target: TunnelTarget, tunnelId: string, secret: string): Promise<Duplex> {
  const path = tunnelPath(encodeURIComponent(tunnelId));
  const proof = await target.credentials.headers("GET", path);
  const url = controlPlaneUrl(target.url, path);
  const { request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (words: string) => reject(new BerthError("TUNNEL_FAILED", `The tunnel could not be opened: ${words}`));
    const dial = request(url, {
      ...target.credentials.tls(),
      agent: false,
      headers: {
        ...proof,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
        [TUNNEL_SECRET_HEADER]: secret,
      },
    });
    const late = setTimeout(() => dial.destroy(new Error(`no answer within ${DIAL_BACK_TIMEOUT_MS / 1000} s`)), DIAL_BACK_TIMEOUT_MS);
    dial.on("upgrade", (_response, socket, head) => {
      clearTimeout(late);
      socket.setNoDelay(true);
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    dial.on("response", (response) => {
      clearTimeout(late);
      response.resume();
      dial.destroy();
      fail(`the control plane answered ${response.statusCode}`);
    });
    dial.on("error", (error) => {
      clearTimeout(late);
      fail(wordsOf(error));
    });
    dial.end();
  });
}
