/**
 * The control plane of the plain chain: frames in, frames out, each end held back by the other. It dials the agent, as nginx does, so
 * that what the agent sends needs no mask: the better case for this design.
 */
import { WebSocket } from "ws";
import { z } from "zod";
import { certificateSchema } from "../measure/certificate";
import { answerCalls } from "../measure/child";
import { listen, sendHeldBack } from "./reference-listener";

const listenInput = z.object({ agentPort: z.number(), certificate: certificateSchema.nullable() });

function forward(from: WebSocket, to: WebSocket): void {
  from.on("message", (data) => {
    if (Buffer.isBuffer(data)) sendHeldBack(to, data, from);
  });
  from.on("error", () => to.terminate());
  from.on("close", () => to.terminate());
}

answerCalls({
  listen: (input) => {
    const { agentPort, certificate } = listenInput.parse(input);
    const agentUrl = `${certificate ? "wss" : "ws"}://127.0.0.1:${agentPort}/`;
    return listen(certificate, (viewer) => {
      viewer.pause();
      const agent = new WebSocket(agentUrl, "binary", { perMessageDeflate: false, rejectUnauthorized: false });
      forward(viewer, agent);
      forward(agent, viewer);
      agent.on("open", () => viewer.resume());
    });
  },
});
