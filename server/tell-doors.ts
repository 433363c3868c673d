import type { AgentSockets } from "./channel/agent-sockets";
import type { OpenSockets } from "./http/open-sockets";
import type { Metrics } from "./platform/metrics";
import type { AppProxy } from "./tunnel/app-proxy";
import type { TunnelBroker } from "./tunnel/tunnel-broker";
import type { ViewerUpgrade } from "./tunnel/viewer-upgrade";

/** What is open at this replica's doors, and the bytes that went through. */
export function tellDoors(
  metrics: Pick<Metrics, "gauge" | "total">,
  doors: {
    readonly agents: Pick<AgentSockets, "connectedCount">;
    readonly broker: Pick<TunnelBroker, "openCount">;
    readonly viewers: Pick<ViewerUpgrade, "stats">;
    readonly apps: Pick<AppProxy, "stats">;
    readonly sockets: Pick<OpenSockets, "size">;
  },
): void {
  const { agents, broker, viewers, apps, sockets } = doors;
  metrics.gauge({ name: "berth_connected_agents", help: "Agents connected to this replica." }, () => [[agents.connectedCount()]]);
  metrics.gauge({ name: "berth_open_tunnels", help: "Tunnels that agents have dialled to this replica and that are open." }, () => [
    [broker.openCount()],
  ]);
  metrics.gauge({ name: "berth_open_sockets", help: "Sockets and streams of signed-in people at this replica." }, () => [[sockets.size]]);
  metrics.gauge(
    { name: "berth_open_streams", help: "Viewers of displays and WebSockets of apps that go through this replica.", labels: ["kind"] },
    () => [
      [viewers.stats().viewers, "viewer"],
      [apps.stats().sockets, "app"],
    ],
  );
  metrics.total(
    {
      name: "berth_stream_bytes_total",
      help: "Bytes of viewers and of apps' WebSockets through this replica, the open ones included.",
      labels: ["kind", "direction"],
    },
    () => [
      [viewers.stats().bytesToViewers, "viewer", "to_person"],
      [viewers.stats().bytesFromViewers, "viewer", "from_person"],
      [apps.stats().bytesToPeople, "app", "to_person"],
      [apps.stats().bytesFromPeople, "app", "from_person"],
    ],
  );
}
