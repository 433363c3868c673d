/** Dials the control plane back for one tunnel. */
import { randomBytes } from "node:crypto";
import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import { DIAL_BACK_TIMEOUT_MS, TUNNEL_SECRET_HEADER, tunnelPath } from "@berth/protocol/tunnel";
import { controlPlaneUrl } from "../connection/control-plane-url";
import { wordsOf } from "../log";

export interface TunnelTarget {
  readonly url: URL;
  readonly credential: string;
}

/** The connection after its 101: bytes that came with the answer are its first. Rejects with `TUNNEL_FAILED`. */
export function dialTunnel(target: TunnelTarget, tunnelId: string, secret: string): Promise<Duplex> {
  const url = controlPlaneUrl(target.url, tunnelPath(encodeURIComponent(tunnelId)));
  const { request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (words: string) => reject(new BerthError("TUNNEL_FAILED", `The tunnel could not be opened: ${words}`));
    const dial = request(url, {
      agent: false,
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
        authorization: `Bearer ${target.credential}`,
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
