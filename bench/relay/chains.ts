/** The chains that are compared. Each is started anew for each round, on a display that outlives it. */
import { join } from "node:path";
import { z } from "zod";
import type { Certificate } from "../measure/certificate";
import { Child } from "../measure/child";
import { isInstalled, startNginx, startWebsockify } from "./external";
import type { Target } from "./stream";

export type ChainName = "direct" | "berth" | "nginx" | "ws" | "websockify";

export interface Surroundings {
  readonly displayPort: number;
  /** For what a chain has to write down. */
  readonly folder: string;
  /** Null: plain. */
  readonly certificate: Certificate | null;
  /** A folder for V8's CPU profiles of our own two processes. */
  readonly profileFolder: string | null;
}

export interface RunningChain {
  readonly target: Target;
  /** What stands between the browser's leg and the agent's; null: nothing does. */
  readonly controlPlane: number | null;
  readonly agent: number | null;
  /** Collects the garbage of the chain's Node processes: memory is compared after it. */
  collect(): Promise<void>;
  stop(): Promise<void>;
}

interface Chain {
  readonly name: ChainName;
  readonly label: string;
  /** A program that must be installed; the chain is left out where it isn't. */
  readonly needs: string | null;
  start(around: Surroundings): Promise<RunningChain>;
}

const webSocket = (around: Surroundings, port: number, path = "/"): Target => ({
  kind: "websocket",
  url: `${around.certificate ? "wss" : "ws"}://127.0.0.1:${port}${path}`,
});

async function startReferenceAgent(around: Surroundings): Promise<{ child: Child; port: number }> {
  const child = Child.start("reference agent", "./reference-agent.js");
  const port = await child.call("listen", { displayPort: around.displayPort, certificate: around.certificate }, z.number());
  return { child, port };
}

async function startBerth(around: Surroundings): Promise<RunningChain> {
  const profile = around.profileFolder ? ["--cpu-prof", "--cpu-prof-dir", around.profileFolder] : [];
  const controlPlane = Child.start("control plane", "./berth-control-plane.js", profile);
  const trust: Record<string, string> = around.certificate ? { NODE_EXTRA_CA_CERTS: around.certificate.certPath } : {};
  const agent = Child.start("agent", "./berth-agent.js", profile, trust);
  const port = await controlPlane.call("listen", { certificate: around.certificate }, z.number());
  const base = `${around.certificate ? "https" : "http"}://127.0.0.1:${port}`;
  await agent.call("connect", { controlPlane: base, displayPort: around.displayPort }, z.unknown());
  const path = await controlPlane.call("viewerPath", null, z.string());
  return {
    target: webSocket(around, port, path),
    controlPlane: controlPlane.pid,
    agent: agent.pid,
    collect: async () => void (await Promise.all([controlPlane.collect(), agent.collect()])),
    stop: async () => void (await Promise.all([agent.stop(), controlPlane.stop()])),
  };
}

export const chains: readonly Chain[] = [
  {
    name: "direct",
    label: "straight to the source, TCP",
    needs: null,
    start: async ({ displayPort }) => ({
      target: { kind: "tcp", port: displayPort },
      controlPlane: null,
      agent: null,
      collect: async () => {},
      stop: async () => {},
    }),
  },
  { name: "berth", label: "**berth**: spliced, agent dials back", needs: null, start: startBerth },
  {
    name: "nginx",
    label: "nginx upgrade proxy, agent `ws`",
    needs: "nginx",
    async start(around) {
      const agent = await startReferenceAgent(around);
      const nginx = await startNginx(join(around.folder, `nginx-${around.certificate ? "tls" : "plain"}`), agent.port, around.certificate);
      return {
        target: webSocket(around, nginx.port),
        controlPlane: nginx.pid,
        agent: agent.child.pid,
        collect: () => agent.child.collect(),
        stop: async () => void (await Promise.all([nginx.stop(), agent.child.stop()])),
      };
    },
  },
  {
    name: "ws",
    label: "`ws` to `ws` with back-pressure",
    needs: null,
    async start(around) {
      const agent = await startReferenceAgent(around);
      const controlPlane = Child.start("reference control plane", "./reference-control-plane.js");
      const port = await controlPlane.call("listen", { agentPort: agent.port, certificate: around.certificate }, z.number());
      return {
        target: webSocket(around, port),
        controlPlane: controlPlane.pid,
        agent: agent.child.pid,
        collect: async () => void (await Promise.all([controlPlane.collect(), agent.child.collect()])),
        stop: async () => void (await Promise.all([controlPlane.stop(), agent.child.stop()])),
      };
    },
  },
  {
    name: "websockify",
    label: "websockify, **one hop only**",
    needs: "websockify",
    async start(around) {
      const websockify = await startWebsockify(around.displayPort, around.certificate);
      return {
        target: webSocket(around, websockify.port),
        controlPlane: websockify.pid,
        agent: null,
        collect: async () => {},
        stop: () => websockify.stop(),
      };
    },
  },
];

/** The chains of one kind that this machine can run. There is no TLS straight to the source. */
export const runnableChains = (tls: boolean): Chain[] =>
  chains.filter((chain) => (chain.needs === null || isInstalled(chain.needs)) && !(tls && chain.name === "direct"));
