import type { Database, Tx } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";

export type TaskLogRow = Prisma.TaskLogGetPayload<object>;
/** A line that has no number yet. */
export type NextLogLine = Pick<TaskLogRow, "at" | "level" | "message">;

/** What an agent wrote, `full` after line `limit`: what comes after that is left out. */
export interface NextLogLines {
  readonly lines: readonly NextLogLine[];
  readonly limit: number;
  readonly full: NextLogLine;
}

/** Part of a statement whose `"heard"` has the task's `"id"`, and its `"logLines"` with these counted already. */
export const writeNextLines = ({ lines, limit, full }: NextLogLines): Prisma.Sql => Prisma.sql`
  INSERT INTO "TaskLog" ("taskId", "number", "at", "level", "message")
  SELECT heard."id", heard."logLines" - ${lines.length}::int + line."place", line."at", line."level", line."message"
  FROM heard, jsonb_to_recordset(${JSON.stringify(lines.map((line, index) => ({ place: index + 1, ...line })))}::jsonb)
    AS line("place" int, "at" timestamp, "level" text, "message" text)
  WHERE heard."logLines" - ${lines.length}::int + line."place" <= ${limit}::int
  UNION ALL
  SELECT heard."id", ${limit}::int + 1, ${full.at}::timestamp, ${full.level}, ${full.message} FROM heard WHERE heard."logLines" > ${limit}::int
  ON CONFLICT DO NOTHING`;

export const appendLogLines = (db: Tx | Database, taskId: string, next: NextLogLines) =>
  db.$executeRaw`
    WITH heard AS (
      UPDATE "Task" SET "logLines" = "logLines" + ${next.lines.length}::int WHERE "id" = ${taskId}::uuid RETURNING "id", "logLines"
    )
    ${writeNextLines(next)}`;

/** Takes the next numbers of the task's log. Null: there is no such task; else the last number that was taken. */
export async function takeLogNumbers(db: Tx | Database, taskId: string, count: number): Promise<number | null> {
  const [row] = await db.task.updateManyAndReturn({
    where: { id: taskId },
    data: { logLines: { increment: count } },
    select: { logLines: true },
  });
  return row?.logLines ?? null;
}

export const insertLogLine = (db: Tx | Database, row: TaskLogRow) => db.taskLog.createMany({ data: [row], skipDuplicates: true });

export const findLogLines = (db: Database, taskId: string, after: number, limit: number): Promise<TaskLogRow[]> =>
  db.taskLog.findMany({ where: { taskId, number: { gt: after } }, orderBy: { number: "asc" }, take: limit });
