import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "../../testing/command";
import { DESKTOP_IMAGE, EngineFixture } from "../../testing/engine-fixture";
import { NEIGHBOUR_PORT, NeighbourHost } from "../../testing/neighbour-host";
import { startData } from "../../testing/start-data";
import type { SessionDriver } from "../driver";
import { operation } from "../driver-contract";
import { chainsOf } from "./network-isolation";
import { SESSION_NETWORK } from "./session-network";

const notRoot = process.getuid?.() !== 0;
const engine = new EngineFixture();
const other = randomUUID();
let host: NeighbourHost;
let service: Server;
let servicePort = 0;
let mine: SessionDriver;
let controlPlane = "";
let othersControlPlane = "";
let elsewhere = "";

beforeAll(async () => {
  if (notRoot) return;
  host = await NeighbourHost.start(3);
  [controlPlane = "", othersControlPlane = "", elsewhere = ""] = host.addresses;
  service = createServer((socket) => socket.end("secret"));
  await new Promise<void>((resolve) => service.listen(0, "0.0.0.0", resolve));
  const address = service.address();
  servicePort = address && typeof address === "object" ? address.port : 0;
  mine = await engine.driver({ controlPlaneHost: controlPlane });
});
afterAll(async () => {
  await engine.end();
  service?.close();
  await host?.end();
});

const start = async () => {
  const sessionId = randomUUID();
  return mine.start({ sessionId, spec: startData({ image: DESKTOP_IMAGE }) }, operation());
};
const end = (sessionId: string) =>
  mine.terminate({ sessionId, generation: 1, graceful: false, timeoutSeconds: 1, removeHome: null }, operation());
const reaches = async (containerId: string | null, address: string, port = NEIGHBOUR_PORT) => {
  const script = `timeout 3 bash -c 'exec 3<>/dev/tcp/${address}/${port}' 2>/dev/null && echo yes || echo no`;
  return (await engine.inside(containerId, ["bash", "-c", script])).output.trim() === "yes";
};
const gateway = async () => (await engine.docker.getNetwork(SESSION_NETWORK).inspect()).IPAM?.Config?.[0]?.Gateway ?? "";
const rulesOf = async (agent: string) => {
  const { Id } = await engine.docker.getNetwork(SESSION_NETWORK).inspect();
  const chains = Object.values(chainsOf({ id: Id, bridge: "" }, agent));
  return (await command("iptables-save", ["-t", "filter"])).split("\n").filter((rule) => chains.some((chain) => rule.includes(chain)));
};

describe.skipIf(notRoot)("the firewall rules of agents that share an engine", () => {
  it("hold for each agent whatever the others do: one that comes and leaves takes only its own", async () => {
    const { sessionId, containerId } = await start();
    const kept = async () => ({
      elsewhere: await reaches(containerId, elsewhere),
      controlPlane: await reaches(containerId, controlPlane),
      host: await reaches(containerId, await gateway(), servicePort),
      hostsOtherAddress: await reaches(containerId, elsewhere.replace(/\d+$/, "1"), servicePort),
    });
    // What is elsewhere on the network is the positive control: the way there is open.
    const isolated = { elsewhere: true, controlPlane: false, host: false, hostsOtherAddress: false };
    expect(await kept()).toEqual(isolated);

    const second = await engine.driver({ agent: other, controlPlaneHost: othersControlPlane });
    expect(await kept()).toEqual(isolated);
    expect(await reaches(containerId, othersControlPlane)).toBe(false);
    expect(await rulesOf(other)).not.toEqual([]);

    await second.close();
    expect(await rulesOf(other)).toEqual([]);
    expect(await kept()).toEqual(isolated);
    expect(await reaches(containerId, othersControlPlane)).toBe(true);
    await end(sessionId);
  });

  it("are made anew before a session starts where something has removed them, as an agent's predecessor does that ends late", async () => {
    const predecessor = await engine.driver({ controlPlaneHost: controlPlane });
    await predecessor.close();
    expect(await rulesOf(engine.agent)).toEqual([]);
    const { sessionId, containerId } = await start();
    expect(await reaches(containerId, await gateway(), servicePort)).toBe(false);
    expect(await reaches(containerId, controlPlane)).toBe(false);
    await end(sessionId);
  });

  it("stay while its sessions run without it, and go when it leaves without any", async () => {
    const { sessionId, containerId } = await start();
    await mine.close();
    expect(await reaches(containerId, controlPlane)).toBe(false);
    expect(await reaches(containerId, await gateway(), servicePort)).toBe(false);
    mine = await engine.driver({ controlPlaneHost: controlPlane });
    await end(sessionId);
    expect(await rulesOf(engine.agent)).not.toEqual([]);
    await mine.close();
    expect(await rulesOf(engine.agent)).toEqual([]);
    mine = await engine.driver({ controlPlaneHost: controlPlane });
  });
});
