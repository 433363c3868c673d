/**
 * The agent program's own HTTP API: what is done inside a session (files, terminals, statistics). The agent listens nowhere; the control
 * plane sends `api_request`, the agent dials `/agent/tunnel/{id}` as for any tunnel, and from then on the connection carries plain
 * HTTP/1.1 with the control plane as the client, one request after the other, upgrades included. A tunnel serves the session that it was
 * asked for and no other. An answer that isn't a success has `tunnelErrorSchema` as its JSON body; so has a refused upgrade.
 */
export const agentApiPath = (sessionId: string, rest: string): string => `/sessions/${sessionId}/${rest}`;
/** Of a refusal's body. */
export const MAX_API_ERROR_BYTES = 16 * 1024;
