import { type Database, lock, type Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";

const withOwner = { user: { select: { id: true, username: true, role: true, kind: true, active: true, accessEpoch: true } } } as const;
export type TokenRow = Prisma.ApiTokenGetPayload<{ include: typeof withOwner }>;
export type OwnerRow = TokenRow["user"];

export const findTokenByHash = (db: Database, hash: string): Promise<TokenRow | null> =>
  db.apiToken.findUnique({ where: { hash }, include: withOwner });
export const findToken = (db: Tx | Database, id: string): Promise<TokenRow | null> =>
  db.apiToken.findUnique({ where: { id }, include: withOwner });
export const findTokens = (db: Database, ids: readonly string[]): Promise<TokenRow[]> =>
  db.apiToken.findMany({ where: { id: { in: [...ids] } }, include: withOwner });
export const findOwner = (db: Tx | Database, id: string): Promise<OwnerRow | null> =>
  db.user.findUnique({ where: { id }, select: withOwner.user.select });

/** The newest first. */
export const findTokensOfUser = (db: Database, userId: string): Promise<TokenRow[]> =>
  db.apiToken.findMany({ where: { userId }, include: withOwner, orderBy: [{ createdAt: "desc" }, { id: "asc" }] });

/** Counted under a lock that lasts as long as the transaction, so that two at once are counted one after the other. */
export async function countTokensLocked(tx: Tx, owner: OwnerRow, now: Date): Promise<number> {
  await lock(tx, "api_tokens", owner.id);
  return tx.apiToken.count({
    where: { userId: owner.id, revokedAt: null, accessEpoch: owner.accessEpoch, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
  });
}

export const insertToken = (tx: Tx, data: Prisma.ApiTokenUncheckedCreateInput): Promise<TokenRow> =>
  tx.apiToken.create({ data, include: withOwner });

/** False for one that was revoked already. */
export const revokeToken = async (tx: Tx, id: string, revokedAt: Date): Promise<boolean> =>
  (await tx.apiToken.updateMany({ where: { id, revokedAt: null }, data: { revokedAt } })).count === 1;

export const markTokensUsed = (db: Database, used: ReadonlyMap<string, { at: Date; address: string }>) =>
  db.$executeRaw`UPDATE "ApiToken" AS t SET "lastUsedAt" = u.at, "lastUsedAddress" = u.address
    FROM unnest(${[...used.keys()]}::uuid[], ${[...used.values()].map(({ at }) => at.toISOString())}::timestamp[],
      ${[...used.values()].map(({ address }) => address)}::text[]) AS u(id, at, address)
    WHERE t.id = u.id AND (t."lastUsedAt" IS NULL OR t."lastUsedAt" < u.at)`;

export const deleteTokensOverSince = (db: Database, before: Date) =>
  db.apiToken.deleteMany({ where: { OR: [{ revokedAt: { lt: before } }, { expiresAt: { lt: before } }] } });
