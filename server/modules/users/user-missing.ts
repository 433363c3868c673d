import { BerthError } from "@berth/protocol/errors";

export const userMissing = (id: string): BerthError => new BerthError("USER_NOT_FOUND", `No user '${id}' exists`);
