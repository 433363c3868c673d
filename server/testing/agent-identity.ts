import type { RegistrationReply } from "@berth/protocol/agent-registration";
import { KeyCredentials } from "../../agent/identity/credentials";
import { makeKeyPair } from "../../agent/identity/key-pair";
import type { Clock } from "../platform/clock";
import type { ShownCredential } from "../platform/shown-credential";

/** A key and a request for its certificate, made once: tests that need a key of their own make one. */
let common: Promise<{ key: string; csr: string }> | undefined;
export const commonKey = () => {
  common ??= makeKeyPair("test");
  return common;
};

/** What an agent with this key shows, after a registration that was answered like this. */
export const credentialsOf = (reply: RegistrationReply, key: string, clock: Pick<Clock, "now">): KeyCredentials =>
  new KeyCredentials({ agentId: reply.agentId, token: reply.token, certificate: reply.certificate, key }, () => clock.now());

/** A request that shows these credentials, as it comes to a service behind the agents' port's neighbour: by a proof. */
export async function provenRequest(
  credentials: Pick<KeyCredentials, "headers">,
  { method = "GET", target = "/agent/ws", body = new Uint8Array() }: { method?: string; target?: string; body?: Uint8Array } = {},
): Promise<ShownCredential> {
  const headers = await credentials.headers(method, target, body);
  return {
    certificate: null,
    authorization: headers.authorization ?? null,
    agentToken: headers["x-agent-token"] ?? null,
    method,
    target,
    body,
  };
}
