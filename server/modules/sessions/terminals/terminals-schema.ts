import { terminalIdSchema, terminalSchema, terminalSizeSchema } from "@berth/protocol/terminal";
import { z } from "zod";

const id = z.uuid();
/** Asked of an admin at another's session; audited, and shown to the owner. */
const reason = z.string().min(3).max(500).optional();

export const listTerminalsInput = z.strictObject({ id });
export const listTerminalsOutput = z.object({ terminals: z.array(terminalSchema) });
export const createTerminalInput = z.strictObject({
  id,
  columns: terminalSizeSchema.shape.columns.default(80),
  rows: terminalSizeSchema.shape.rows.default(24),
  reason,
});
export const endTerminalInput = z.strictObject({ id, terminalId: terminalIdSchema });
export const openTerminalInput = z.strictObject({
  id,
  /** Left out: the ticket is for one program, at `/api/v1/sessions/{id}/exec`. */
  terminalId: terminalIdSchema.optional(),
  reason,
});
export const openTerminalOutput = z.object({
  /** Path of the WebSocket with its ticket. Good once, for 30 seconds. */
  url: z.string(),
  expiresAt: z.date(),
});
export const terminalVisitsOutput = z.object({
  /** Administrators who are inside now, beside the owner. */
  visits: z.array(z.object({ key: z.string(), name: z.string(), reason: z.string(), since: z.date() })),
});
