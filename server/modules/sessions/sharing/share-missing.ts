import { BerthError } from "@berth/protocol/errors";

export const shareMissing = (): BerthError => new BerthError("SHARE_NOT_FOUND", "This invitation was taken back, has run out or never was");
