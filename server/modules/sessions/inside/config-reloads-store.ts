import { accessParametersSchema } from "@berth/protocol/session-files";
import { z } from "zod";
import type { Database } from "../../../platform/database";

const hotReloadSchema = z.object({ id: z.string(), userId: z.string(), agentId: z.string(), accessParameters: accessParametersSchema });
export type HotReloadSession = z.output<typeof hotReloadSchema>;

/** Sessions that run and whose template has changes of their configuration followed by a signal; the newest. */
export async function findHotReloads(db: Database, limit: number): Promise<HotReloadSession[]> {
  const rows = await db.$queryRaw`
    SELECT s."id", s."userId", s."agentId", v."accessParameters"
      FROM "Session" s
      JOIN "TemplateVersion" v ON v."templateId" = s."templateId" AND v."version" = s."templateVersion"
     WHERE s."desired" = 'running' AND s."observed" = 'running' AND s."warmAt" IS NULL AND s."agentId" IS NOT NULL
       AND v."accessParameters"->>'supportsHotReload' = 'true'
     ORDER BY s."createdAt" DESC
     LIMIT ${limit}`;
  return z.array(hotReloadSchema).parse(rows);
}

/** Of a container's configuration. Another generation's is another container's, which read it when it began. */
export interface ConfigPrint {
  readonly generation: number;
  readonly print: string;
}

export const readConfigPrint = (text: string | null): ConfigPrint | null => {
  const found = /^(\d+):(.+)$/.exec(text ?? "");
  return found ? { generation: Number(found[1]), print: found[2] ?? "" } : null;
};

export const writeConfigPrint = (db: Database, sessionId: string, { generation, print }: ConfigPrint) =>
  db.session.updateMany({ where: { id: sessionId, generation }, data: { configPrint: `${generation}:${print}` } });
