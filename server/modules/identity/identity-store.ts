import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";

export type AuthorityRow = Prisma.CertificateAuthorityGetPayload<object>;

/** The one that issues first, then those before it that are still trusted. */
export const findAuthorities = (db: Tx | Database, retiredAfter: Date): Promise<AuthorityRow[]> =>
  db.certificateAuthority.findMany({
    where: { OR: [{ retiredAt: null }, { retiredAt: { gt: retiredAfter } }] },
    orderBy: { createdAt: "desc" },
  });
export const findIssuer = (db: Tx | Database) => db.certificateAuthority.findFirst({ where: { retiredAt: null } });
export const insertAuthority = (tx: Tx, data: Prisma.CertificateAuthorityUncheckedCreateInput) => tx.certificateAuthority.create({ data });
export const retireAuthority = (tx: Tx, id: string, retiredAt: Date) =>
  tx.certificateAuthority.update({ where: { id }, data: { retiredAt } });

export const insertCertificate = (tx: Tx, data: Prisma.AgentCertificateUncheckedCreateInput) => tx.agentCertificate.create({ data });

const ownerColumns = { id: true, name: true, approvedAt: true, revokedAt: true, keyFingerprint: true } satisfies Prisma.AgentSelect;
export type OwnerRow = Prisma.AgentGetPayload<{ select: typeof ownerColumns }>;

/** Certificates by their serial numbers, in that order, and whose they are; null for one that was never issued. */
export async function findCertificates(db: Tx | Database, serials: readonly string[]) {
  const rows = await db.agentCertificate.findMany({
    where: { serial: { in: [...serials] } },
    include: { agent: { select: ownerColumns } },
  });
  const bySerial = new Map(rows.map((row) => [row.serial, row]));
  return serials.map((serial) => bySerial.get(serial) ?? null);
}
export const findOwner = (db: Tx | Database, id: string) => db.agent.findUnique({ where: { id }, select: ownerColumns });

/** The newest certificate of an agent. */
export const findNewestCertificate = (db: Tx | Database, agentId: string) =>
  db.agentCertificate.findFirst({ where: { agentId }, orderBy: [{ notAfter: "desc" }, { serial: "asc" }] });

/** False: it was renewed late before. */
export async function noteLateRenewal(tx: Tx, serial: string, at: Date): Promise<boolean> {
  const { count } = await tx.agentCertificate.updateMany({
    where: { serial, renewedLateAt: null, revokedAt: null },
    data: { renewedLateAt: at },
  });
  return count === 1;
}

export const bindKey = (tx: Tx, agentId: string, keyFingerprint: string) =>
  tx.agent.update({ where: { id: agentId }, data: { keyFingerprint } });

/**
 * The secret that an agent had before there were certificates, taken for one key: that may ask again until it has been taken for
 * `repeatableMs`, as the answer may have been lost. Null: it is no agent's, or was taken before.
 */
export async function takeOldSecret(
  tx: Tx,
  agent: { readonly id: string; readonly secretHash: string; readonly keyFingerprint: string },
  now: Date,
  repeatableMs: number,
): Promise<OwnerRow | null> {
  const { id, secretHash, keyFingerprint } = agent;
  const first = await tx.agent.updateMany({
    where: { id, secretHash, secretExchangedAt: null, revokedAt: null },
    data: { secretExchangedAt: now, keyFingerprint },
  });
  const again = { id, secretHash, keyFingerprint, secretExchangedAt: { gt: new Date(now.getTime() - repeatableMs) }, revokedAt: null };
  return first.count === 1 || (await tx.agent.count({ where: again })) === 1 ? findOwner(tx, id) : null;
}

/** False: it was shown before. One statement, so that of two at once one is let through. */
export async function insertNonce(db: Database, id: string, expiresAt: Date): Promise<boolean> {
  const { count } = await db.proofNonce.createMany({ data: { id, expiresAt }, skipDuplicates: true });
  return count === 1;
}

/** What can't be shown or renewed any more. */
export async function sweepIdentity(db: Database, now: Date, renewableAfter: Date, exchangedBefore: Date): Promise<void> {
  await db.agent.updateMany({ where: { secretExchangedAt: { lt: exchangedBefore } }, data: { secretHash: null, secretExchangedAt: null } });
  await db.proofNonce.deleteMany({ where: { expiresAt: { lt: now } } });
  await db.agentCertificate.deleteMany({ where: { notAfter: { lt: renewableAfter } } });
}

/** Agents that are connected although their last certificate has run out. */
export const findExpiredAndConnected = (db: Database, now: Date) =>
  db.agent.findMany({
    where: { connectionId: { not: null }, keyFingerprint: { not: null }, certificates: { none: { notAfter: { gte: now } } } },
    select: { id: true, name: true },
  });
