/** How a host becomes an agent: once, with a one-time token. From then on a credential in the data folder proves who it is. */
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RegistrationRequest, registrationReplySchema } from "@berth/protocol/agent-registration";
import { BerthError } from "@berth/protocol/errors";
import { VERSION } from "@berth/protocol/version";
import { z } from "zod";
import { reconnectDelay } from "../connection/backoff";
import { controlPlaneUrl } from "../connection/control-plane-url";
import { type Log, wordsOf } from "../log";
import type { AgentSettings } from "./options";

const credentialSchema = z.object({ name: z.string(), agentId: z.string(), token: z.string(), url: z.string() });
export type Credential = z.infer<typeof credentialSchema>;

const refusalSchema = z.object({ code: z.string().optional(), message: z.string() });
const ANSWER_TIMEOUT_MS = 15_000;

/**
 * The credential of this data folder, registering first where there is none. Waits for a control plane that does not answer yet; a refusal
 * is final. Throws `BerthError` with words for the person at the terminal.
 */
export async function enrol(settings: AgentSettings, log: Log, wait: (ms: number) => Promise<void>): Promise<Credential> {
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const path = join(settings.dataDir, "credential.json");
  const there = await readCredential(path);
  if (there) {
    if (there.name !== settings.name) {
      const advice = `use --name ${there.name}, or another --data-dir for '${settings.name}'`;
      throw new BerthError("INVALID_PARAMETER", `The data folder ${settings.dataDir} belongs to agent '${there.name}': ${advice}`);
    }
    if (there.url !== settings.url.origin)
      log.warn({ before: there.url, now: settings.url.origin }, "the control plane has another address than at enrolment");
    return there;
  }
  const token = await readToken(settings);
  for (let attempt = 0; ; attempt++) {
    try {
      const credential = await register(settings, token);
      await keep(path, credential);
      log.info({ agentId: credential.agentId, name: credential.name }, "enrolled with the control plane");
      return credential;
    } catch (error) {
      if (error instanceof BerthError && error.code !== "SERVICE_UNAVAILABLE") throw error;
      const delay = 500 + reconnectDelay(attempt, Math.random);
      log.warn(
        { url: settings.url.origin, reason: wordsOf(error), retryInSeconds: delay / 1000 },
        "the control plane can't be reached for enrolment yet",
      );
      await wait(delay);
    }
  }
}

async function register(settings: AgentSettings, token: string): Promise<Credential> {
  const body: RegistrationRequest = {
    name: settings.name,
    version: VERSION,
    capabilities: [settings.driver],
    labels: { ...settings.labels },
    platform: "docker",
    ...(settings.region ? { region: settings.region } : {}),
  };
  let response: Response;
  try {
    response = await fetch(controlPlaneUrl(settings.url, "/api/v1/agents/register"), {
      method: "POST",
      headers: { "content-type": "application/json", "x-agent-token": token },
      body: JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new BerthError("SERVICE_UNAVAILABLE", wordsOf(cause), { cause: error });
  }
  const text = await response.text();
  if (response.ok) return { ...accepted(text, settings), name: settings.name, url: settings.url.origin };
  throw refused(response.status, text, settings);
}

function accepted(text: string, settings: AgentSettings): { agentId: string; token: string } {
  const reply = registrationReplySchema.safeParse(jsonOf(text));
  if (!reply.success) throw new BerthError("MESSAGE_INVALID", `${settings.url.origin} answered something that is no Berth control plane's`);
  return { agentId: reply.data.agentId, token: reply.data.token };
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function readCredential(path: string): Promise<Credential | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new BerthError("INVALID_PARAMETER", `The credential ${path} can't be read: ${wordsOf(error)}`, { cause: error });
  }
  const credential = credentialSchema.safeParse(jsonOf(text));
  if (!credential.success) {
    throw new BerthError("INVALID_PARAMETER", `The credential ${path} is broken; remove the file and enrol again with a new token`);
  }
  // Copied here by hand, it may have become readable for all.
  await chmod(path, 0o600);
  return credential.data;
}

async function keep(path: string, credential: Credential): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(credential)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
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
