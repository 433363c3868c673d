import { z } from "zod";
import { seal, unseal } from "../../platform/sealing";

const environmentSchema = z.record(z.string(), z.string());
const keptSchema = z.looseObject({ env: environmentSchema.optional(), envSealed: z.string().optional() });

/** What a `docker.run` wants in the environment is kept for as long as its row, so that it can be tried again. */
const purpose = (taskId: string): string => `${taskId} env`;

/** The payload as it is kept: names of variables can be read, their values are sealed for this task alone. */
export function withEnvironmentSealed(key: Uint8Array, taskId: string, payload: Record<string, unknown>): Record<string, unknown> {
  const { env } = keptSchema.parse(payload);
  if (!env || Object.keys(env).length === 0) return payload;
  const names = Object.fromEntries(Object.keys(env).map((name) => [name, ""]));
  return { ...payload, env: names, envSealed: seal(key, purpose(taskId), JSON.stringify(env)) };
}

/** The payload as it was asked for. Throws where the values were sealed with another master key. */
export function withEnvironmentOpen(key: Uint8Array, taskId: string, payload: Record<string, unknown>): Record<string, unknown> {
  const { envSealed, ...open } = keptSchema.parse(payload);
  if (envSealed === undefined) return payload;
  return { ...open, env: environmentSchema.parse(JSON.parse(unseal(key, purpose(taskId), envSealed))) };
}

/** The payload without what is sealed: for people, and for agents where it can't be read any more. */
export function withoutEnvironment(payload: Record<string, unknown>): Record<string, unknown> {
  const { env: _values, envSealed: _sealed, ...rest } = payload;
  return rest;
}
