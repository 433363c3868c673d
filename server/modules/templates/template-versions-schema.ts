import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";
import { templateContentSchema, templateNameSchema, templateSchema, versionNumberSchema } from "./templates-schema";

const named = z.string().max(63);

export const listVersionsInput = z.strictObject({ name: named, ...pageInput(25).shape });
export const templateVersionSchema = z.object({
  version: z.number().int(),
  createdAt: z.date(),
  /** Null: Berth itself, at a first start. */
  createdBy: z.string().nullable(),
  note: z.string().nullable(),
  /** The version that this one was made equal to. */
  restoredFrom: z.number().int().nullable(),
  image: z.string(),
  current: z.boolean(),
});
export const listVersionsOutput = z.object({ versions: z.array(templateVersionSchema), pagination: paginationSchema });

export const getVersionInput = z.strictObject({ name: named, version: versionNumberSchema });
export const versionDetailSchema = templateVersionSchema.extend({ content: templateContentSchema });

export const rollBackInput = z.strictObject({
  name: named,
  /** The one to go back to. */
  version: versionNumberSchema,
  /** The current one, as it was seen. */
  fromVersion: versionNumberSchema,
});

export const cloneInput = z.strictObject({
  name: named,
  newName: templateNameSchema,
  displayName: templateContentSchema.shape.displayName.optional(),
});

/** A template as a file: at most this many characters. */
export const YAML_MAX = 262_144;
export const exportOutput = z.object({ fileName: z.string(), yaml: z.string() });
const yamlSchema = z.string().min(1, "is empty").max(YAML_MAX, `may have ${YAML_MAX} characters`);

export const yamlProblemSchema = z.object({
  /** `spec.display.port`; empty where the text as a whole is meant. */
  path: z.string(),
  /** Both from 1. */
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
});
export type YamlProblem = z.infer<typeof yamlProblemSchema>;

export const previewImportInput = z.strictObject({ yaml: yamlSchema });
export const previewImportOutput = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("invalid"), problems: z.array(yamlProblemSchema) }),
  z.object({
    outcome: z.enum(["create", "update", "same"]),
    name: templateNameSchema,
    incoming: templateContentSchema,
    /** What is there under this name; null where it would be created. */
    current: z.object({ version: z.number().int(), content: templateContentSchema }).nullable(),
    /** What is taken otherwise than it is written. */
    warnings: z.array(z.string()),
  }),
]);
export const importInput = z.strictObject({
  yaml: yamlSchema,
  /** Of the preview: null to create, a version to update that one. */
  fromVersion: versionNumberSchema.nullable(),
});
export const importOutput = z.object({ created: z.boolean(), template: templateSchema });

export const usageInput = z.strictObject({ name: named });
export const usageOutput = z.object({
  /** Sessions that are not over, hibernated ones among them. */
  live: z.number().int(),
  running: z.number().int(),
  startedLast30Days: z.number().int(),
  peopleLast30Days: z.number().int(),
  startedEver: z.number().int(),
  lastStartedAt: z.date().nullable(),
  /** Live sessions by the version that they were started from, newest first. */
  liveByVersion: z.array(z.object({ version: z.number().int(), sessions: z.number().int() })),
  /** Starts of each of the last 30 days (UTC), oldest first; all of them, with 0 too. */
  days: z.array(z.object({ day: z.string(), started: z.number().int() })),
});

/** Bytes of an uploaded picture, before and after it was put together anew. */
export const ICON_MAX_BYTES = 65_536;
export const uploadIconInput = z.strictObject({
  /** A PNG of 16 to 512 pixels a side, in base64. */
  png: z
    .base64()
    .min(1)
    .max(Math.ceil(ICON_MAX_BYTES / 3) * 4, "may have 64 KB"),
});
export const uploadIconOutput = z.object({ icon: z.string() });
export const listIconsOutput = z.object({ icons: z.array(z.string()) });
