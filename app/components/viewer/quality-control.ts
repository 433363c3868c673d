import type RFB from "@novnc/novnc";
import type { ConnectionMeter } from "./connection-meter";
import { firstAutomatic, type Level, levelOf, type Quality, stepAutomatic } from "./quality";

/** Asks the display for the quality that was chosen, or that the connection carries. */
export class QualityControl {
  #chosen: Quality = "automatic";
  #automatic = firstAutomatic;

  constructor(
    private readonly rfb: Pick<RFB, "qualityLevel" | "compressionLevel">,
    meter: ConnectionMeter,
  ) {
    meter.subscribe((reading) => {
      this.#automatic = stepAutomatic(this.#automatic, reading);
      this.#apply();
    });
  }

  get level(): Level {
    return levelOf(this.#chosen, this.#automatic);
  }

  choose(quality: Quality): void {
    this.#chosen = quality;
    this.#apply();
  }

  #apply(): void {
    const { quality, compression } = this.level;
    if (this.rfb.qualityLevel !== quality) this.rfb.qualityLevel = quality;
    if (this.rfb.compressionLevel !== compression) this.rfb.compressionLevel = compression;
  }
}
