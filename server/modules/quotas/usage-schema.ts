import { z } from "zod";

const used = z.object({
  used: z.number(),
  /** The person's own or their role's; null: no limit. */
  limit: z.number().nullable(),
});

/** What a person has, of what they may have. */
export const usageSchema = z.object({
  /** Sessions that are not over, hibernated ones too. */
  sessions: used,
  /** Of sessions that run, are to run, or still have to stop. */
  cpuMillicores: used,
  /** Of the same, and of frozen ones, whose memory stays taken. */
  memoryBytes: used,
  /** Of homes, as their agents measured them last. */
  storageBytes: used,
});
export type Usage = z.output<typeof usageSchema>;
