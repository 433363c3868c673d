import { BerthError } from "@berth/protocol/errors";
import type { HttpHandler } from "./calls";
import { isLoopbackAddress } from "./client-address";
import { type Authenticator, identify } from "./identify";
import { demandRead } from "./read-only";

/** `/healthz`: 200 when `ready` says so, else 503. */
export function healthzEndpoint(ready: () => Promise<boolean>, version: string): HttpHandler {
  return async ({ request, response }) => {
    demandRead(request, response);
    const ok = await ready().catch(() => false);
    response.writeHead(ok ? 200 : 503, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" });
    response.end(JSON.stringify({ status: ok ? "ok" : "starting", version }));
  };
}

export interface Measures {
  readonly uptimeSeconds: number;
  readonly connectedAgents: number;
  readonly openTunnels: number;
  readonly openViewers: number;
  /** Of viewers that have ended. */
  readonly bytesToViewers: number;
  readonly bytesFromViewers: number;
  readonly openSockets: number;
  readonly residentBytes: number;
}

const described: Record<keyof Measures, [name: string, type: "gauge" | "counter", help: string]> = {
  uptimeSeconds: ["berth_uptime_seconds", "gauge", "Seconds since this control plane started."],
  connectedAgents: ["berth_connected_agents", "gauge", "Agents connected to this control plane."],
  openTunnels: ["berth_open_tunnels", "gauge", "Tunnels that agents have dialled and that are open."],
  openViewers: ["berth_open_viewers", "gauge", "Viewers of displays that are open."],
  bytesToViewers: ["berth_viewer_sent_bytes_total", "counter", "Bytes sent to viewers that have ended."],
  bytesFromViewers: ["berth_viewer_received_bytes_total", "counter", "Bytes received from viewers that have ended."],
  openSockets: ["berth_open_sockets", "gauge", "Sockets and streams of signed-in users."],
  residentBytes: ["process_resident_memory_bytes", "gauge", "Resident memory of the control plane."],
};

/** `/metrics` in Prometheus' text format: for operators, and for this machine where no proxy stands in between. */
export function metricsEndpoint(measure: () => Measures, authenticator: Authenticator): HttpHandler {
  return async ({ request, response, address }) => {
    demandRead(request, response);
    const local = isLoopbackAddress(address) && request.headers["x-forwarded-for"] === undefined;
    if (!local) {
      const login = await identify(request.headers, authenticator, address);
      if (!login) throw new BerthError("AUTH_TOKEN_MISSING", "Send 'Authorization: Bearer <token>' of an operator");
      if (login.role === "user") throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "Metrics are for operators and admins");
    }
    const measures = measure();
    const lines = Object.entries(described).flatMap(([key, [name, type, help]]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      `${name} ${measures[key as keyof Measures]}`,
    ]);
    response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store" });
    response.end(`${lines.join("\n")}\n`);
  };
}
