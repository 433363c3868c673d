import { BerthError } from "@berth/protocol/errors";
import { isUniqueViolation } from "../../platform/database";

/** Says in words which name or address someone else has, where the database refused it. */
export async function unlessTaken<T>(username: string, email: string | null | undefined, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new BerthError(
      "USER_ALREADY_EXISTS",
      `A user named '${username}'${email ? ` or with the address '${email}'` : ""} exists already`,
    );
  }
}
