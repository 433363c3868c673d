/** The agent of the reference chains: a WebSocket server that bridges each connection to the display's TCP port, as plainly as it can be written. */
import { connect } from "node:net";
import { z } from "zod";
import { certificateSchema } from "../measure/certificate";
import { answerCalls } from "../measure/child";
import { listen, sendHeldBack } from "./reference-listener";

const listenInput = z.object({ displayPort: z.number(), certificate: certificateSchema.nullable() });

answerCalls({
  listen: (input) => {
    const { displayPort, certificate } = listenInput.parse(input);
    return listen(certificate, (viewer) => {
      const display = connect(displayPort, "127.0.0.1");
      display.setNoDelay(true);
      display.on("data", (chunk) => sendHeldBack(viewer, chunk, display));
      viewer.on("message", (data) => {
        if (!Buffer.isBuffer(data) || display.write(data)) return;
        viewer.pause();
        display.once("drain", () => viewer.resume());
      });
      display.on("error", () => viewer.terminate());
      display.on("close", () => viewer.close());
      viewer.on("error", () => display.destroy());
      viewer.on("close", () => display.destroy());
    });
  },
});
