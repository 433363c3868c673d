/** The agent's own channel and display tunnels, with the bench's display in place of a container's. */
import { once } from "node:events";
import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import { z } from "zod";
import { systemClock } from "../../agent/clock";
import { Connection } from "../../agent/connection/connection";
import { createLog } from "../../agent/log";
import { fixedCredentials } from "../../agent/testing/fixed-credentials";
import { DisplayServer } from "../../agent/tunnel/display-server";
import { dialTunnel } from "../../agent/tunnel/tunnel-dialer";
import { LiveTerms, termsOf } from "../../agent/tunnel/viewer-terms";
import { answerCalls } from "../measure/child";
import { BENCH_AGENT } from "./berth-names";

const connectInput = z.object({ controlPlane: z.string(), displayPort: z.number() });

function connectAgent(controlPlane: string, displayPort: number): Promise<void> {
  const log = createLog("warn");
  const url = new URL(controlPlane);
  const credentials = fixedCredentials(BENCH_AGENT.secret);
  const displays = new DisplayServer({
    log,
    openDisplay: async () => {
      const display = connect({ port: displayPort, host: "127.0.0.1", noDelay: true });
      await once(display, "connect");
      return display;
    },
    onInput: () => {},
  });
  return new Promise((resolve) => {
    const connection = new Connection({
      url,
      agentName: BENCH_AGENT.name,
      credentials,
      platform: "docker",
      region: undefined,
      clock: systemClock,
      random: () => performance.now() % 1,
      log,
      registration: async () => ({ type: "register", agent_id: BENCH_AGENT.name, platform: "docker", capacity: {}, metadata: {} }),
      registered: () => resolve(),
      received: (message) => {
        if (message.type !== "vnc_proxy_request") return;
        dialTunnel({ url, credentials }, message.proxy_id, message.data.tunnel_secret).then(
          (tunnel) =>
            displays.serve(tunnel, {
              sessionId: message.session_id,
              mode: message.data.mode,
              terms: new LiveTerms(message.session_id, termsOf(message.data.mode)),
            }),
          (error: unknown) => log.error({ err: error }, "tunnel failed"),
        );
      },
      lost: (reason) => log.warn({ reason }, "control plane lost"),
    });
    connection.start();
  });
}

answerCalls({
  connect: (input) => {
    const { controlPlane, displayPort } = connectInput.parse(input);
    return connectAgent(controlPlane, displayPort);
  },
});
