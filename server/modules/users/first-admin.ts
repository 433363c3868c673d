import { BerthError } from "@berth/protocol/errors";
import { type Database, lock } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import type { AuditService } from "../audit/audit-service";
import { hashPassword } from "./password";
import { removeTotp } from "./second-factor-store";
import type { TicketsService } from "./tickets-service";
import { countUsers, findUserByName, insertUser, updateUser } from "./users-store";

export interface FirstAdminDeps {
  readonly database: Database;
  readonly ids: Ids;
  readonly audit: AuditService;
}

/**
 * Makes the first administrator where there is no user at all. Answers null where there were users; else the name, and the password if it
 * was made here: print it once, it is kept nowhere.
 */
export async function ensureFirstAdmin(
  deps: FirstAdminDeps,
  admin: { username: string; password: string | null },
): Promise<{ username: string; madePassword: string | null } | null> {
  const password = admin.password ?? readablePassword(deps.ids);
  const passwordHash = await hashPassword(password);
  return deps.database.$transaction(async (tx) => {
    await lock(tx, "admins", "");
    if ((await countUsers(tx)) > 0) return null;
    const made = await insertUser(tx, { id: deps.ids.uuid(), username: admin.username, role: "admin", passwordHash });
    await deps.audit.record(
      tx,
      { kind: "system" },
      { action: "users.create", target: { kind: "user", id: made.id }, details: { username: made.username, by: "first start" } },
    );
    return { username: made.username, madePassword: admin.password === null ? password : null };
  });
}

/** For whoever can run commands on the machine: gives an administrator a new password, makes them one again without a second factor, and ends their logins. */
export async function resetAdmin(
  deps: FirstAdminDeps & { readonly tickets: TicketsService },
  admin: { username: string; password: string | null },
): Promise<{ userId: string; username: string; madePassword: string | null }> {
  const password = admin.password ?? readablePassword(deps.ids);
  const passwordHash = await hashPassword(password);
  return deps.database.$transaction(async (tx) => {
    await lock(tx, "admins", "");
    const found = await findUserByName(tx, admin.username);
    if (!found) throw new BerthError("USER_NOT_FOUND", `No user '${admin.username}' exists`);
    await updateUser(tx, found.id, { passwordHash, role: "admin", active: true, accessEpoch: { increment: 1 } });
    await removeTotp(tx, found.id);
    await deps.tickets.revokeOfUser(tx, found.id);
    await deps.audit.record(
      tx,
      { kind: "system" },
      { action: "users.reset_admin", target: { kind: "user", id: found.id }, details: { username: found.username } },
    );
    return { userId: found.id, username: found.username, madePassword: admin.password === null ? password : null };
  });
}

/** 20 characters of the alphabet without look-alikes: about 100 bits. */
const readablePassword = (ids: Ids): string =>
  [ids.suffix(), ids.suffix(), ids.suffix(), ids.suffix()].map((part) => part.slice(0, 5)).join("-");
