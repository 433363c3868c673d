import {
  cpuQuantitySchema,
  formatCpu,
  formatMemory,
  memoryQuantitySchema,
  parseCpu,
  parseMemory,
  required,
  storageQuantitySchema,
} from "@berth/protocol/quantities";
import { z } from "zod";

const sessionsSchema = z.number().int().min(0).max(100_000);

/** Null is no limit of this one's own: for a person their role's holds then, for a role there is none. */
export const limitsSchema = z.object({
  /** Sessions that are not over, hibernated ones too. */
  sessions: z.number().int().nullable(),
  /** Of sessions that run. */
  cpu: z.string().nullable(),
  /** Of sessions that run or are frozen. */
  memory: z.string().nullable(),
  /** Measured, of homes. */
  storage: z.string().nullable(),
});
export type LimitsText = z.output<typeof limitsSchema>;

/** What isn't named stays as it is. */
export const limitsInput = z.strictObject({
  sessions: sessionsSchema.nullable().optional(),
  cpu: cpuQuantitySchema.nullable().optional(),
  memory: memoryQuantitySchema.nullable().optional(),
  storage: storageQuantitySchema.nullable().optional(),
});

/** As they are stored. */
export interface Limits {
  readonly sessions: number | null;
  readonly cpuMillicores: number | null;
  readonly memoryBytes: number | null;
  readonly storageBytes: number | null;
}

export const limitsText = ({ sessions, cpuMillicores, memoryBytes, storageBytes }: Limits): LimitsText => ({
  sessions,
  cpu: cpuMillicores === null ? null : cpuMillicores % 1000 === 0 ? String(cpuMillicores / 1000) : formatCpu(cpuMillicores),
  memory: memoryBytes === null ? null : formatMemory(memoryBytes),
  storage: storageBytes === null ? null : formatMemory(storageBytes),
});

/** As columns: undefined where nothing is said of it. */
export function limitsGiven({ sessions, cpu, memory, storage }: z.output<typeof limitsInput>) {
  return {
    sessions,
    cpuMillicores: given(cpu, parseCpu),
    memoryBytes: bigint(given(memory, parseMemory)),
    storageBytes: bigint(given(storage, parseMemory)),
  };
}

const given = (text: string | null | undefined, parse: (text: string) => number | null): number | null | undefined =>
  text == null ? text : required(parse(text), text);
const bigint = (value: number | null | undefined): bigint | null | undefined => (value == null ? value : BigInt(value));
