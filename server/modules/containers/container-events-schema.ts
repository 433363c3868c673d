/** What the container control contract's Socket.io events say. */
import { sessionStatsSchema } from "@berth/protocol/session-stats";
import { fileActionSchema } from "@berth/protocol/session-watch";
import { z } from "zod";
import { healthWords } from "../sessions/health/health-words";
import { updateStatusSchema } from "../sessions/versions/versions-schema";

const containerId = z.uuid();
export const containerEventSchemas = {
  "agent-health-update": z.object({ containerId, health: z.enum(healthWords), resources: sessionStatsSchema.nullable() }),
  "agent-version-update": z.object({ containerId, oldTag: z.string(), newTag: z.string(), status: updateStatusSchema }),
  "agent-file-changed": z.object({ containerId, path: z.string(), action: fileActionSchema }),
  "agent-config-reloaded": z.object({ containerId, files: z.array(z.string()) }),
} as const;
type Schemas = typeof containerEventSchemas;
export type ContainerEventName = keyof Schemas;
export type ContainerEventData<Name extends ContainerEventName> = z.output<Schemas[Name]>;
export type ContainerEvent = {
  [Name in ContainerEventName]: { readonly name: Name; readonly data: ContainerEventData<Name> };
}[ContainerEventName];

/** What clients say: `subscribe` narrows what is heard to the containers that were named, `unsubscribe` takes one out again. */
export const subscribeInput = z.strictObject({ containerId });
