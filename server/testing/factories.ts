import type { KeyCredentials } from "../../agent/identity/credentials";
import { LOGIN_SECONDS } from "../modules/users/login-length";
import { hashPassword } from "../modules/users/password";
import type { Asker, UserRole } from "../modules/users/users-schema";
import { insertUser } from "../modules/users/users-store";
import { systemIds } from "../platform/ids";
import { commonKey, credentialsOf } from "./agent-identity";
import { FakeAgent, type FakeAgentParts } from "./fake-agent";
import type { ServiceKit } from "./service-kit";

export const PASSWORD = "correct horse battery";
let passwordHash: Promise<string> | undefined;

/** A user of this role and their login. */
export async function makeAsker(kit: ServiceKit, role: UserRole = "user", username = `${role}-${systemIds.suffix()}`): Promise<Asker> {
  passwordHash ??= hashPassword(PASSWORD);
  const hash = await passwordHash;
  const user = await kit.database.$transaction((tx) => insertUser(tx, { username, role, passwordHash: hash }));
  const expiresAt = new Date(kit.clock.now().getTime() + LOGIN_SECONDS * 1000);
  return {
    userId: user.id,
    username,
    role,
    loginId: systemIds.uuid(),
    via: "bearer",
    accessEpoch: 0,
    expiresAt,
    token: null,
    address: "192.0.2.1",
  };
}

/** An agent that registered with a token of its own and is connected. */
export async function makeAgent(
  kit: ServiceKit,
  options: { name?: string; connect?: boolean; labels?: Record<string, string> } & Pick<
    FakeAgentParts,
    "capacity" | "platform" | "capabilities"
  > = {},
): Promise<FakeAgent & { readonly credentials: KeyCredentials }> {
  const admin = await makeAsker(kit, "admin");
  const { token } = await kit.callerOf(admin).registrationTokens.create({});
  const name = options.name ?? `agent-${systemIds.suffix()}`;
  const { key, csr } = await commonKey();
  const request = {
    name,
    version: "1",
    capabilities: [],
    labels: options.labels ?? {},
    platform: options.platform ?? ("docker" as const),
    csr,
  };
  const reply = await kit.services.registrationTokens.register({ token, address: "192.0.2.9", inPlain: false, request });
  const agent = new FakeAgent({
    ...options,
    inbox: kit.inbox,
    gateway: kit.gateway,
    clock: kit.clock,
    identity: { agentId: reply.agentId, name },
  });
  if (options.connect !== false) await agent.connect();
  return Object.assign(agent, { credentials: credentialsOf(reply, key, kit.clock) });
}

/** A session of this user that runs on this agent. */
export async function makeRunningSession(kit: ServiceKit, owner: Asker, agent: FakeAgent, template = "terminal-desktop") {
  const session = await kit.callerOf(owner).sessions.create({ template, agentId: agent.name });
  const command = await agent.command("start_session");
  await agent.acknowledge(command);
  await agent.complete(command, {
    container_id: `c-${session.id.slice(0, 8)}`,
    pod_name: `berth-${session.name}`,
    hibernate_modes: ["stop", "freeze"],
  });
  return { id: session.id, name: session.name, homeId: session.homeId };
}
