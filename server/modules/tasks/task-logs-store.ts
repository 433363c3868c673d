import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";

export type TaskLogRow = Prisma.TaskLogGetPayload<object>;

/** Takes the next numbers of the task's log. Null: there is no such task; else the last number that was taken. */
export async function takeLogNumbers(db: Tx | Database, taskId: string, count: number): Promise<number | null> {
  const [row] = await db.task.updateManyAndReturn({
    where: { id: taskId },
    data: { logLines: { increment: count } },
    select: { logLines: true },
  });
  return row?.logLines ?? null;
}

export const insertLogLines = (db: Tx | Database, rows: readonly TaskLogRow[]) =>
  db.taskLog.createMany({ data: [...rows], skipDuplicates: true });

export const findLogLines = (db: Database, taskId: string, after: number, limit: number): Promise<TaskLogRow[]> =>
  db.taskLog.findMany({ where: { taskId, number: { gt: after } }, orderBy: { number: "asc" }, take: limit });
