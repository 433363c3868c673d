import type { Database, Tx } from "../../platform/database";

/** False: this step or a later one was used already, or the second factor is another by now. One statement, so of two at once one wins. */
export async function takeTotpStep(tx: Tx, user: { id: string; totpSecret: string }, step: number): Promise<boolean> {
  const { count } = await tx.user.updateMany({
    where: { id: user.id, totpSecret: user.totpSecret, OR: [{ totpLastStep: null }, { totpLastStep: { lt: step } }] },
    data: { totpLastStep: step },
  });
  return count === 1;
}

/** False: another secret was made meanwhile, or it is confirmed already. */
export async function confirmTotp(tx: Tx, user: { id: string; totpSecret: string }, at: Date, step: number): Promise<boolean> {
  const { count } = await tx.user.updateMany({
    where: { id: user.id, totpSecret: user.totpSecret, totpConfirmedAt: null },
    data: { totpConfirmedAt: at, totpLastStep: step },
  });
  return count === 1;
}

/** False: a second factor is in use, which is not replaced. */
export async function proposeTotp(tx: Tx, userId: string, totpSecret: string): Promise<boolean> {
  const { count } = await tx.user.updateMany({ where: { id: userId, totpConfirmedAt: null }, data: { totpSecret, totpLastStep: null } });
  return count === 1;
}

export async function removeTotp(tx: Tx, userId: string): Promise<void> {
  await tx.user.update({ where: { id: userId }, data: { totpSecret: null, totpConfirmedAt: null, totpLastStep: null } });
  await tx.recoveryCode.deleteMany({ where: { userId } });
}

export async function replaceRecoveryCodes(tx: Tx, userId: string, hashes: readonly string[]): Promise<void> {
  await tx.recoveryCode.deleteMany({ where: { userId } });
  await tx.recoveryCode.createMany({ data: hashes.map((hash) => ({ userId, hash })) });
}

/** Uses the code up; false where there is none such (any more). */
export const takeRecoveryCode = async (tx: Tx, userId: string, hash: string): Promise<boolean> =>
  (await tx.recoveryCode.deleteMany({ where: { userId, hash } })).count === 1;

export const countRecoveryCodes = (db: Database, userId: string) => db.recoveryCode.count({ where: { userId } });
