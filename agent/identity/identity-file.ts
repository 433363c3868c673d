/** `credential.json` in the data folder: who this agent is. For the agent's user alone. */
import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { agentCertificateSchema } from "@berth/protocol/agent-registration";
import { BerthError } from "@berth/protocol/errors";
import { z } from "zod";
import { wordsOf } from "../log";

const keptSchema = z.object({
  name: z.string(),
  agentId: z.uuid(),
  url: z.string(),
  token: z.string(),
  /** PKCS #8, PEM. Absent: enrolled before agents had keys; `token` is then the secret that they had. */
  key: z.string().optional(),
  /** The key that such a secret is being exchanged for: where the answer is lost, it may ask again. */
  asking: z.object({ key: z.string(), csr: z.string() }).optional(),
  /** Null: not approved yet. */
  certificate: agentCertificateSchema.nullable().default(null),
});
export type Kept = z.infer<typeof keptSchema>;

/** Null where there is none. Throws `BerthError` for one that can't be used. */
export async function readIdentity(path: string): Promise<Kept | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new BerthError("INVALID_PARAMETER", `The credential ${path} can't be read: ${wordsOf(error)}`, { cause: error });
  }
  const kept = keptSchema.safeParse(jsonOf(text));
  if (!kept.success) {
    throw new BerthError("INVALID_PARAMETER", `The credential ${path} is broken; remove the file and enrol again with a new token`);
  }
  // Copied here by hand, it may have become readable for all.
  await chmod(path, 0o600);
  return kept.data;
}

export async function keepIdentity(path: string, kept: Kept): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(kept)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
