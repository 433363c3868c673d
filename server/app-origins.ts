import type { PortOrigins } from "./modules/sessions/ports/ports-service";

/** Where sessions' apps and ports are, beside `publicUrl`: a host of its own for each, so that none can reach into another or into the UI. */
export function appOrigins({ protocol, port: listener }: URL, appsDomain: string): PortOrigins {
  const origin = (sessionId: string, port: number | null): string =>
    `${protocol}//s-${sessionId}${port === null ? "" : `-${port}`}.${appsDomain}${listener ? `:${listener}` : ""}/`;
  return { origin, entry: (sessionId, port, ticket) => `${origin(sessionId, port)}__berth/enter?ticket=${ticket}` };
}
