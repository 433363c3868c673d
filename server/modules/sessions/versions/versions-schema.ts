import { digestSchema, imageNameSchema, tagSchema } from "@berth/protocol/docker-tasks";
import { z } from "zod";

const containerId = z.uuid();
export const versionsInput = z.strictObject({ containerId });

export const openUpdateStatusSchema = z.enum(["pulling", "waiting", "replacing", "checking", "rolling_back"]);
export type OpenUpdateStatus = z.infer<typeof openUpdateStatusSchema>;
/**
 * `waiting`: the new image is there, and is used and checked when the session is woken. `rolled_back`: the new one did not become healthy, and
 * the session has the old one again. `failed`: nothing was changed, or the session has neither; its message says which.
 */
export const updateStatusSchema = z.enum([...openUpdateStatusSchema.options, "done", "rolled_back", "failed", "cancelled"]);
export type UpdateStatus = z.infer<typeof updateStatusSchema>;

/** A tag of the session's repository, or of `image` (without a tag); or a version of its template, with all that it says. */
export const updateVersionInput = z
  .strictObject({
    containerId,
    image: imageNameSchema.optional(),
    /** A tag, or a digest as `sha256:…`. */
    tag: z.union([tagSchema, digestSchema]).optional(),
    templateVersion: z.number().int().min(1).optional(),
  })
  .refine(
    ({ image, tag, templateVersion }) => (templateVersion === undefined ? tag !== undefined : tag === undefined && image === undefined),
    {
      message: "name either a tag (with an image, or of the session's own) or a templateVersion",
      path: ["tag"],
    },
  );

const versionSchema = z.object({ image: z.string(), tag: z.string(), templateVersion: z.number().int() });

export const sessionUpdateSchema = z.object({
  id: z.uuid(),
  containerId,
  status: updateStatusSchema,
  message: z.string(),
  /** Percent of the pull. */
  progress: z.number().nullable(),
  from: versionSchema,
  to: versionSchema,
  oldTag: z.string(),
  newTag: z.string(),
  /** Why the new one was given up; null: it was not. */
  reason: z.string().nullable(),
  /** Who asked; null: their account is gone. */
  by: z.string().nullable(),
  createdAt: z.date(),
  finishedAt: z.date().nullable(),
  cancellable: z.boolean(),
});
export type SessionUpdateView = z.infer<typeof sessionUpdateSchema>;

export const versionsOutput = z.object({
  containerId,
  current: versionSchema,
  template: z.object({ name: z.string(), currentVersion: z.number().int(), newer: z.boolean() }),
  /** Under way; null: none is. */
  update: sessionUpdateSchema.nullable(),
  /** Of the template, newest first. `allowed`: for the asking person. */
  templateVersions: z.array(
    versionSchema.extend({ note: z.string().nullable(), createdAt: z.date(), current: z.boolean(), allowed: z.boolean() }),
  ),
  /** Images that the session had, or that its agent is known to have, of the same repositories. */
  images: z.array(z.object({ image: z.string(), tag: z.string(), current: z.boolean(), usedHere: z.boolean() })),
  /** Newest first, the last hundred. */
  history: z.array(sessionUpdateSchema),
  /** For the asking person: to change it at all, and to images of any repository. */
  may: z.object({ update: z.boolean(), anyImage: z.boolean() }),
  /** Seconds that a new one must be healthy for. */
  healthySeconds: z.number().int(),
});
