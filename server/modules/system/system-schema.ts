import { z } from "zod";

export const systemStatusOutput = z.object({
  version: z.string(),
  publicUrl: z.string(),
  /** What agents dial. */
  agentUrl: z.string(),
  appsDomain: z.string(),
  /** What the person running Berth should know: "no container engine was found on this machine". */
  notices: z.array(z.string()),
});
export type SystemStatus = z.infer<typeof systemStatusOutput>;
