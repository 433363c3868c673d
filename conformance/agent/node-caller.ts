/** A control plane's calls of the node's own HTTP API: by a tunnel that the agent dials, or at the address that was given. */
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import http from "node:http";
import { NODE_API, NODE_HEADER, NODE_MANAGEMENT_NAME, NODE_TOKEN_TYPE, WORKSPACE_HEADER } from "@berth/protocol/node-api";
import { NotServed } from "../check";
import { shown } from "../expectations";
import { onceFor } from "../once";
import { type Answer, ask, type Question } from "../wire/ask";
import type { AgentWorld } from "./agent-world";

/** How a request shows who asks; the default is right. */
export interface NodeShowing {
  /** Null shows none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const signer = onceFor("key of the control plane's", async (world: AgentWorld) => {
  const { authority } = await world.plane();
  const { cert, key } = await authority.serverCertificate([NODE_MANAGEMENT_NAME]);
  return { key: createPrivateKey(key), x5c: [cert, authority.root].map((pem) => pem.replace(/-----[A-Z ]+-----|\s/g, "")) };
});

/** The node-management token, as the control plane signs it. `changed`: claims that are not as they should be. */
export async function nodeToken(world: AgentWorld, workspace: string | undefined, changed: Record<string, unknown> = {}): Promise<string> {
  const { key, x5c } = await signer(world);
  const { agentId } = await world.plane();
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: "node-management",
    node: agentId,
    ...(workspace ? { workspace } : {}),
    iat: now,
    exp: now + 60,
    jti: randomUUID(),
    ...changed,
  };
  const text = [{ alg: "ES256", typ: NODE_TOKEN_TYPE, x5c }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** Throws `NotServed` where the agent has no such API. */
export async function askNode(
  world: AgentWorld,
  method: Question["method"],
  target: string,
  value?: unknown,
  showing: NodeShowing = {},
): Promise<Answer> {
  const { agentId } = await world.plane();
  const workspace = /^\/workspaces\/([^/?]+)/.exec(target)?.[1];
  const token = showing.token === undefined ? await nodeToken(world, workspace) : showing.token;
  const headers = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    [NODE_HEADER]: agentId,
    ...(workspace ? { [WORKSPACE_HEADER]: workspace } : {}),
    ...showing.headers,
  };
  const body = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
  const base = world.options.agentHttp;
  if (base) return ask(base, { method, target, headers, ...(body ? { body } : {}) });
  return askByTunnel(world, { method, target, headers, ...(body ? { body } : {}) });
}

async function askByTunnel(world: AgentWorld, { method, target, headers, body }: Question): Promise<Answer> {
  const { plane, channel } = await world.channel();
  const capabilities = channel.heard[0]?.capabilities;
  if (!Array.isArray(capabilities) || !capabilities.includes(NODE_API))
    throw new NotServed(`capabilities ${shown(capabilities)}; where its API has an address, give --agent-http`, `${method} ${target}`);
  const tunnel = await plane.tunnel(channel, (id, secret) => ({ type: "node_api_request", tunnel_id: id, tunnel_secret: secret }));
  const where = `${method} ${target.split("?")[0]}`;
  return new Promise((resolve, reject) => {
    const sent = http.request({
      createConnection: () => tunnel,
      method,
      path: target,
      headers: {
        host: "node",
        connection: "close",
        ...headers,
        ...(body ? { "content-type": "application/json", "content-length": body.length } : {}),
      },
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error(`${where}: no answer within 10 s`)));
    sent.on("error", reject);
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        tunnel.destroy();
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text), where });
      });
    });
    sent.end(body);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
