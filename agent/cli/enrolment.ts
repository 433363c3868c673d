/** How a host becomes an agent: once, with a one-time token. From then on its key, in the data folder, proves who it is. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { authorityPath, certificatePath } from "@berth/protocol/agent-proof";
import {
  type AgentCertificate,
  certificateReplySchema,
  type RegistrationReply,
  type RegistrationRequest,
  registrationReplySchema,
} from "@berth/protocol/agent-registration";
import { BerthError } from "@berth/protocol/errors";
import { VERSION } from "@berth/protocol/version";
import { z } from "zod";
import type { Clock } from "../clock";
import { askControlPlane } from "../connection/ask-control-plane";
import { reconnectDelay } from "../connection/backoff";
import { believing, certificatesOf, fingerprintOf, KeyCredentials, pinOf, type TlsOptions } from "../identity/credentials";
import { jsonOf, type Kept, keepIdentity, readIdentity } from "../identity/identity-file";
import { makeKeyPair } from "../identity/key-pair";
import { type Log, wordsOf } from "../log";
import type { AgentSettings } from "./options";

const refusalSchema = z.object({ code: z.string().optional(), message: z.string() });
/** How often an agent that waits for approval asks. */
const APPROVAL_POLL_MS = 5_000;

export interface EnrolmentParts {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  wait(ms: number): Promise<void>;
}

/** An agent that has its certificate. */
export interface Enrolled {
  readonly kept: Kept;
  /** Where that is kept. */
  readonly path: string;
  readonly credentials: KeyCredentials;
}

/**
 * The identity of this data folder, registering first where there is none. Waits for a control plane that does not answer yet, and for an
 * administrator's approval where that is asked for; a refusal is final. Throws `BerthError` with words for the person at the terminal.
 */
export async function enrol(settings: AgentSettings, parts: EnrolmentParts): Promise<Enrolled> {
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const path = join(settings.dataDir, "credential.json");
  const there = await readIdentity(path);
  if (there && there.name !== settings.name) {
    const advice = `use --name ${there.name}, or another --data-dir for '${settings.name}'`;
    throw new BerthError("INVALID_PARAMETER", `The data folder ${settings.dataDir} belongs to agent '${there.name}': ${advice}`);
  }
  if (there && there.url !== settings.url.origin)
    parts.log.warn({ before: there.url, now: settings.url.origin }, "the control plane has another address than at enrolment");
  let kept = there ?? (await patiently(settings, parts, () => registerAnew(settings, parts)));
  if (!there) await keepIdentity(path, kept);
  if (!kept.certificate) {
    const asking = kept.key ? undefined : (kept.asking ?? (await makeKeyPair(kept.name)));
    if (asking && !kept.asking) await keepIdentity(path, { ...kept, asking });
    kept = {
      ...kept,
      ...(asking ? await exchange(settings, parts, kept, asking) : { certificate: await approval(settings, parts, kept, kept.key ?? "") }),
      asking: undefined,
    };
    await keepIdentity(path, kept);
  }
  if (!there?.certificate) parts.log.info({ agentId: kept.agentId, name: kept.name }, "enrolled with the control plane");
  const { key = "", ...rest } = kept;
  return { kept, path, credentials: new KeyCredentials({ ...rest, key }, () => parts.clock.now()) };
}

async function registerAnew(settings: AgentSettings, { log }: EnrolmentParts): Promise<Kept> {
  const token = await readToken(settings);
  const tls = await pinned(settings);
  const { key, csr } = await makeKeyPair(settings.name);
  const request: RegistrationRequest = {
    name: settings.name,
    version: VERSION,
    capabilities: [settings.driver],
    labels: { ...settings.labels },
    platform: "docker",
    ...(settings.region ? { region: settings.region } : {}),
    csr,
  };
  const body = Buffer.from(JSON.stringify(request));
  const { status, text } = await askControlPlane(settings.url, {
    method: "POST",
    path: "/api/v1/agents/register",
    headers: { "x-agent-token": token },
    body,
    tls,
  });
  if (status < 200 || status > 299) throw refused(status, text, settings);
  const reply = accepted(text, settings);
  if (!reply.certificate)
    log.warn(
      { keyFingerprint: fingerprintOf(key) },
      "enrolled; an administrator has to approve this agent now: the page of Agents shows the same key fingerprint",
    );
  else demandPin(settings, reply.certificate);
  return { name: settings.name, agentId: reply.agentId, url: settings.url.origin, token: reply.token, key, certificate: reply.certificate };
}

/** Asks until an administrator has approved the key. */
async function approval(settings: AgentSettings, parts: EnrolmentParts, kept: Kept, key: string): Promise<AgentCertificate> {
  const credentials = new KeyCredentials({ ...kept, key }, () => parts.clock.now());
  const tls = await patiently(settings, parts, () => pinned(settings));
  for (;;) {
    const certificate = await patiently(settings, parts, () => askForCertificate(settings, kept.agentId, credentials, tls));
    if (certificate) return certificate;
    await parts.wait(APPROVAL_POLL_MS);
  }
}

async function askForCertificate(
  settings: AgentSettings,
  agentId: string,
  credentials: KeyCredentials,
  tls: TlsOptions,
): Promise<AgentCertificate | null> {
  const path = certificatePath(agentId);
  const body = Buffer.from("{}");
  const headers = await credentials.headers("POST", path, body);
  return certificateOf(settings, await askControlPlane(settings.url, { method: "POST", path, headers, body, tls }));
}

/** Of an agent from before there were certificates: its secret is good for one. */
async function exchange(
  settings: AgentSettings,
  parts: EnrolmentParts,
  kept: Kept,
  { key, csr }: { readonly key: string; readonly csr: string },
): Promise<Pick<Kept, "key" | "certificate">> {
  const certificate = await patiently(settings, parts, async () => {
    const path = certificatePath(kept.agentId);
    const body = Buffer.from(JSON.stringify({ csr }));
    const tls = await pinned(settings);
    return certificateOf(
      settings,
      await askControlPlane(settings.url, { method: "POST", path, headers: { "x-agent-token": kept.token }, body, tls }),
    );
  });
  parts.log.info("the agent's secret was exchanged for a certificate");
  return { key, certificate };
}

function certificateOf(settings: AgentSettings, { status, text }: { status: number; text: string }): AgentCertificate | null {
  if (status < 200 || status > 299) throw refused(status, text, settings);
  const reply = certificateReplySchema.safeParse(jsonOf(text));
  if (!reply.success) throw stranger(settings);
  if (reply.data.certificate) demandPin(settings, reply.data.certificate);
  return reply.data.certificate;
}

/** By whom the control plane is known: the authority that the pasted command names, wherever its certificates come from. */
async function pinned(settings: AgentSettings): Promise<TlsOptions> {
  const { caSha256, url } = settings;
  if (!caSha256) return {};
  const { status, text } = await askControlPlane(url, { method: "GET", path: authorityPath, tls: "anyone" });
  if (status >= 500) throw new BerthError("SERVICE_UNAVAILABLE", `it answered ${status}`);
  const found = certificatesOf(text).find((certificate) => matches(certificate, caSha256));
  if (!found) throw stranger(settings);
  return { ca: believing(found) };
}

function matches(certificate: string, pin: string): boolean {
  try {
    return pinOf(certificate) === pin;
  } catch {
    return false;
  }
}

/** What it answered must be of the authority that the command names, too. */
function demandPin(settings: AgentSettings, { ca }: AgentCertificate): void {
  const { caSha256 } = settings;
  if (caSha256 && !certificatesOf(ca).some((certificate) => matches(certificate, caSha256))) throw stranger(settings);
}

const stranger = ({ url, caSha256 }: AgentSettings) =>
  new BerthError(
    "MESSAGE_INVALID",
    `${url.origin} is not the control plane that this command was made by${caSha256 ? ` (--ca-sha256 ${caSha256})` : ""}; nothing was sent but what it may know`,
  );

/** Goes on trying while the control plane does not answer, or can't. */
async function patiently<Value>(settings: AgentSettings, { log, wait }: EnrolmentParts, attempt: () => Promise<Value>): Promise<Value> {
  for (let count = 0; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof BerthError) || error.code !== "SERVICE_UNAVAILABLE") throw error;
      const delay = 500 + reconnectDelay(count, Math.random);
      log.warn(
        { url: settings.url.origin, reason: wordsOf(error), retryInSeconds: delay / 1000 },
        "the control plane can't be reached for enrolment yet",
      );
      await wait(delay);
    }
  }
}

function accepted(text: string, settings: AgentSettings): RegistrationReply {
  const reply = registrationReplySchema.safeParse(jsonOf(text));
  if (!reply.success) throw new BerthError("MESSAGE_INVALID", `${settings.url.origin} answered something that is no Berth control plane's`);
  return reply.data;
}

function refused(status: number, text: string, settings: AgentSettings): BerthError {
  const words = refusalSchema.safeParse(jsonOf(text)).data?.message ?? "";
  if (status >= 500 || status === 429) return new BerthError("SERVICE_UNAVAILABLE", `it answered ${status}${words ? `: ${words}` : ""}`);
  const why: Record<number, string> = {
    401: "the registration token was used already, has expired, or is not of this control plane; make a new one under Agents → Add agent",
    404: "there is no Berth control plane at this address",
    409: `the name '${settings.name}' is taken; choose another --name, or remove the old agent first`,
  };
  return new BerthError(
    "REGISTRATION_TOKEN_INVALID",
    `${settings.url.origin} refused this agent (${status}): ${why[status] ?? words}${why[status] && words ? ` (${words})` : ""}`,
  );
}

async function readToken(settings: AgentSettings): Promise<string> {
  const { token } = settings;
  if (!token) {
    const advice = "make one under Agents → Add agent and give it with --token or --token-file";
    throw new BerthError("MISSING_REQUIRED_FIELD", `This host is not enrolled yet and needs a registration token: ${advice}`);
  }
  if ("value" in token) return token.value.trim();
  try {
    const text = (await readFile(token.file, "utf8")).trim();
    if (text) return text;
  } catch (error) {
    throw new BerthError("INVALID_PARAMETER", `The token file ${token.file} can't be read: ${wordsOf(error)}`, { cause: error });
  }
  throw new BerthError("INVALID_PARAMETER", `The token file ${token.file} is empty`);
}
