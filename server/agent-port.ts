import { networkInterfaces } from "node:os";
import { type Config, ConfigError } from "./config";
import type { Listener, ListenerTls } from "./http/listener";
import type { AuthorityService } from "./modules/identity/authority-service";
import type { Clock } from "./platform/clock";
import type { Log } from "./platform/log";

/** Of a certificate that is good for a week; and what another replica's new authority takes to be shown here. */
const RENEW_MS = 3_600_000;

/** What the agents' listener shows: for the name that they dial, and for this machine. */
export async function agentPortTls(authority: AuthorityService, config: Config): Promise<ListenerTls> {
  const { cert, key, ca } = await authority.serverCertificate(agentPortNames(config));
  return { cert, key, clientAuthorities: ca };
}

/** Without AGENT_PUBLIC_URL agents may come by any address that this machine listens on. */
function agentPortNames({ agentPublicUrl, publicUrl, host }: Config): string[] {
  const near = ["localhost", "127.0.0.1", "::1"];
  const own =
    agentPublicUrl || !["0.0.0.0", "::"].includes(host)
      ? [host]
      : Object.values(networkInterfaces())
          .flatMap((all) => all ?? [])
          .map(({ address }) => address);
  return [...near, publicUrl.hostname, ...(agentPublicUrl ? [agentPublicUrl.hostname] : []), ...own]
    .map((name) => name.replace(/^\[|\]$/g, ""))
    .filter((name) => name !== "0.0.0.0" && name !== "::" && !name.startsWith("fe80:"));
}

/** Listens on AGENT_TLS_PORT, and shows a fresh certificate from time to time. Throws `ConfigError` where the port can't be had. */
export async function openAgentPort(
  listener: Pick<Listener, "listen" | "renewTls" | "server">,
  parts: { config: Config; authority: AuthorityService; clock: Clock; log: Log },
): Promise<{ port: number; stop(): void }> {
  const { config, authority, clock, log } = parts;
  try {
    await listener.listen(config.agentTlsPort ?? 0, config.host);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    const why = code === "EADDRINUSE" ? "is in use" : code === "EACCES" ? "may not be listened on by this user" : `can't be had (${code})`;
    const advice = "set another, 0 for any free one, or off for none";
    throw new ConfigError([`AGENT_TLS_PORT: port ${config.agentTlsPort} on ${config.host} ${why}; ${advice}`]);
  }
  const timer = clock.every(RENEW_MS, async () => {
    try {
      listener.renewTls(await agentPortTls(authority, config));
    } catch (error) {
      log.warn({ err: error }, "the certificate of the agents' port could not be renewed; it is tried again in an hour");
    }
  });
  const address = listener.server.address();
  if (typeof address !== "object" || !address) throw new Error("the agents' port listens on no port");
  log.info({ host: config.host, port: address.port }, "listening for agents");
  return { port: address.port, stop: () => timer.cancel() };
}
