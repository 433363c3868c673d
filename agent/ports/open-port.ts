import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../clock";
import type { SessionDriver } from "../drivers/driver";
import { relayToPort, unreachable } from "./port-relay";

/**
 * Bytes of a port in a session, whichever address its program listens on: by the container's own address, and where that is refused by a relay
 * inside. Never anywhere else. Throws PORT_UNREACHABLE, SESSION_NOT_FOUND and SESSION_NOT_RUNNING.
 */
export async function openSessionPort(
  driver: Pick<SessionDriver, "openPort" | "exec">,
  clock: Clock,
  sessionId: string,
  port: number,
): Promise<Duplex> {
  try {
    return await driver.openPort(sessionId, port);
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== "DISPLAY_UNREACHABLE") throw error;
    return await relayToPort(driver, clock, sessionId, port).catch((second: unknown) => {
      throw second instanceof BerthError && second.code === "SESSION_LACKS_PROGRAM" ? unreachable(port, error.message, second) : second;
    });
  }
}
