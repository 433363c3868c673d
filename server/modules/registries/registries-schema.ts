import { z } from "zod";

/** How an image's name begins where it is not Docker's own: a host with a dot or a port, or `localhost`. */
export const registryHostSchema = z
  .string()
  .max(255)
  .regex(
    /^(?:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+(?::\d{1,5})?|[a-z0-9-]+:\d{1,5}|localhost)$/,
    "must be a registry as image names begin with it, such as registry.example:5000 or docker.io",
  );

export const registrySchema = z.object({
  host: z.string(),
  username: z.string(),
  /** False: it was sealed with a master key that is gone, and has to be set again. */
  readable: z.boolean(),
  changedAt: z.date(),
});
export const listRegistriesOutput = z.object({ registries: z.array(registrySchema) });
export const saveRegistryInput = z.strictObject({
  host: registryHostSchema,
  username: z.string().min(1).max(255),
  password: z.string().min(1).max(4096),
});
export const registryHostInput = z.strictObject({ host: z.string().max(255) });
