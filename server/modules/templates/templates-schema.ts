import { displaySchema, environmentSchema, imageReferenceSchema, securityProfileSchema } from "@berth/protocol/agent-commands";
import { cpuQuantitySchema, idleTimeoutSchema, memoryQuantitySchema, storageQuantitySchema } from "@berth/protocol/quantities";
import { accessParametersSchema } from "@berth/protocol/session-files";
import { healthPolicySchema } from "@berth/protocol/session-health";
import { sessionPolicySchema } from "@berth/protocol/session-policy";
import { hibernateModeSchema } from "@berth/protocol/session-states";
import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";
import { templatePlacementSchema } from "../sessions/placement/placement-schema";

export const templateNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "must be 1 to 63 lower-case letters, digits and dashes");

const resourcesSchema = z.object({ memory: memoryQuantitySchema, cpu: cpuQuantitySchema, storage: storageQuantitySchema.optional() });

/** What a session is started from: the part that is versioned. */
export const templateSpecSchema = z.object({
  image: imageReferenceSchema,
  display: displaySchema,
  security: securityProfileSchema,
  defaultResources: resourcesSchema,
  environment: environmentSchema,
  persistentHome: z.boolean(),
  homePath: z
    .string()
    .startsWith("/")
    .max(200)
    .regex(/^(?!.*(?:^|\/)\.\.(?:\/|$))[\w./-]+$/, "must be an absolute path without '..'"),
  shmSize: memoryQuantitySchema,
  pidsLimit: z.number().int().min(16).max(32_768),
  idleTimeout: idleTimeoutSchema,
  hibernateMode: hibernateModeSchema,
  readyTimeoutSeconds: z.number().int().min(1).max(3600),
  policy: sessionPolicySchema,
  placement: templatePlacementSchema,
  /** Which folders of its sessions may be touched through Berth. */
  accessParameters: accessParametersSchema,
  /** How one finds out whether its sessions are well, and what follows where they aren't. */
  health: healthPolicySchema,
});
export type TemplateSpec = z.infer<typeof templateSpecSchema>;

/** How it is shown: versioned with the rest. */
export const templatePresentationSchema = z.object({
  displayName: z.string().min(1).max(100),
  category: z.string().min(1).max(100),
  description: z.string().max(2000),
  tags: z.array(z.string().max(50)).max(20),
  /** A name of the icon set that ships with the app, or `upload-…`, which `templates.uploadIcon` gave. */
  icon: z.string().max(50).nullable(),
  /** For clients of the API: our own pages load nothing from other hosts. */
  iconUrl: z
    .url({ protocol: /^https$/, error: "must be an https URL" })
    .max(500)
    .nullable(),
});
export type TemplatePresentation = z.infer<typeof templatePresentationSchema>;

/** All that a version holds. */
export const templateContentSchema = z.object({ ...templatePresentationSchema.shape, ...templateSpecSchema.shape });
export type TemplateContent = z.infer<typeof templateContentSchema>;

/** How many sessions are kept started and waiting. The template's, not a version's: changing it writes no version. */
export const warmPoolSchema = z.strictObject({ size: z.number().int().min(0).max(50) });

export const templateSchema = templateContentSchema.extend({
  warmPool: warmPoolSchema,
  id: z.uuid(),
  name: templateNameSchema,
  /** False: a well-known public image that was never tried with this version of Berth. */
  tried: z.boolean(),
  version: z.number().int(),
  /** The contract's names for image and display. */
  baseImage: z.string(),
  vnc: z.object({
    enabled: z.boolean(),
    port: z.number().int(),
    resolution: z.string().optional(),
    colorDepth: z.number().int().optional(),
  }),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type Template = z.infer<typeof templateSchema>;

export const listTemplatesInput = z.strictObject({
  category: z.string().max(100).optional(),
  search: z.string().max(100).optional(),
  ...pageInput(50).shape,
});
export const listTemplatesOutput = z.object({ templates: z.array(templateSchema), pagination: paginationSchema });
export const setFavouriteInput = z.strictObject({ name: z.string().max(63), favourite: z.boolean() });
/** What the asking person keeps at hand, and what there is to choose by. */
export const shelvesOutput = z.object({
  /** Latest first, at most a hundred. */
  favourites: z.array(templateSchema),
  /** Of which they started sessions, the last first, at most twelve. */
  recent: z.array(templateSchema),
  categories: z.array(z.object({ name: z.string(), templates: z.number().int() })),
});
export const getTemplateInput = z.strictObject({ name: z.string().max(63) });

const defaults = {
  environment: environmentSchema.default({}),
  persistentHome: z.boolean().default(true),
  homePath: templateSpecSchema.shape.homePath.default("/home/user"),
  shmSize: memoryQuantitySchema.default("256Mi"),
  pidsLimit: templateSpecSchema.shape.pidsLimit.default(1024),
  idleTimeout: idleTimeoutSchema.default("30m"),
  hibernateMode: hibernateModeSchema.default("stop"),
  readyTimeoutSeconds: templateSpecSchema.shape.readyTimeoutSeconds.default(60),
  security: securityProfileSchema.default("strict"),
  policy: sessionPolicySchema.prefault({}),
  placement: templatePlacementSchema.prefault({}),
  accessParameters: accessParametersSchema.prefault({}),
  health: healthPolicySchema.prefault({}),
};
export const createTemplateInput = z.strictObject({
  name: templateNameSchema,
  displayName: templateSchema.shape.displayName,
  category: templateSchema.shape.category,
  description: templateSchema.shape.description.default(""),
  tags: templateSchema.shape.tags.default([]),
  icon: templateSchema.shape.icon.default(null),
  iconUrl: templateSchema.shape.iconUrl.default(null),
  ...templateSpecSchema.shape,
  ...defaults,
  /** Left out, it stays as it is; 0 at first. */
  warmPool: warmPoolSchema.optional(),
});

export const versionNumberSchema = z.coerce.number().int().min(1).max(1_000_000_000);
/** Why a version was written. */
export const versionNoteSchema = z.string().trim().max(200);

/** Writes a new version; sessions keep the version that they were started from. */
export const updateTemplateInput = createTemplateInput.extend({
  /** The version that was edited: refused with TEMPLATE_CHANGED where a newer one has come since. Left out, the last to write wins. */
  fromVersion: versionNumberSchema.optional(),
  note: versionNoteSchema.optional(),
});

export const setWarmPoolInput = z.strictObject({ name: z.string().max(63), ...warmPoolSchema.shape });
export const warmPoolStatusSchema = z.object({
  /** How many there should be. */
  size: z.number().int(),
  /** Started and waiting. */
  ready: z.number().int(),
  starting: z.number().int(),
  /** Made to end, and not gone yet. */
  ending: z.number().int(),
  /** Those that have some, by name. */
  agents: z.array(z.object({ agent: z.string(), ready: z.number().int(), starting: z.number().int() })),
  /** Why there are fewer than there should be; null where nothing is wrong. */
  problem: z.string().nullable(),
  /** When the next is started after some failed; null: as soon as there is room. */
  retryAt: z.date().nullable(),
});
