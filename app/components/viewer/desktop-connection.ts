import type RFB from "@novnc/novnc";
import { ConnectionMeter } from "./connection-meter";
import type { MeteredSocket } from "./metered-socket";
import { countPictures } from "./picture-count";
import { QualityControl } from "./quality-control";

/** One connected desktop, and what is known of the way to it. */
export interface DesktopConnection {
  readonly rfb: RFB;
  readonly socket: MeteredSocket;
  readonly meter: ConnectionMeter;
  readonly quality: QualityControl;
}

/** Call once the handshake is done; `meter.stop()` when it is over. */
export function connectionOf(rfb: RFB, socket: MeteredSocket, screen: HTMLElement): DesktopConnection {
  const meter = new ConnectionMeter(socket, countPictures(screen));
  return { rfb, socket, meter, quality: new QualityControl(rfb, meter) };
}
