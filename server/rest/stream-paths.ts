import { uploadIdSchema, uploadStateSchema, writtenFileSchema } from "@berth/protocol/session-files";
import { z } from "zod";
import { streamLogsInput } from "../modules/sessions/sessions-schema";
import { ASKS_AGENT } from "../trpc/init";
import type { OwnPath } from "./openapi-document";
import { wireSchema } from "./wire-schema";

const bytes = { schema: { type: "string", format: "binary" } } as const;
export const BYTES = { "application/octet-stream": bytes } as const;
export const jsonBody = (schema: z.core.$ZodType) => ({ "application/json": { schema: wireSchema(schema, "output", "camel") } });
export const eventsOrText = {
  200: { "text/event-stream": { schema: { type: "string" } }, "text/plain": { schema: { type: "string" } } },
} as const;
export const PATH_WORDS = "Of the path, slashes are written as they are and every other byte may be percent-encoded.";
const refusals = [404, 413, ...ASKS_AGENT];
const inSession = z.object({ id: z.string(), reason: z.string().optional() });
const atPath = inSession.extend({ path: z.string() });
const ofUpload = atPath.extend({ upload: uploadIdSchema });

/** What is sent and answered as a stream, beside the procedures (`server/http`). OpenAPI has no word for WebSockets: they are not here. */
export const streamPaths: readonly OwnPath[] = [
  {
    path: "/sessions/{id}/archive/{path}",
    method: "get",
    operationId: "files.pack",
    summary: "Download a folder of a session as one archive",
    description: `${PATH_WORDS} An archive that is cut off has lost its end: HTTP says so.`,
    input: atPath.extend({ archive: z.enum(["tar", "zip"]).default("tar") }),
    answers: { 200: BYTES },
    refusals,
  },
  {
    path: "/sessions/{id}/archive/{path}",
    method: "put",
    operationId: "files.unpack",
    summary: "Unpack a tar into a folder of a session",
    description: `${PATH_WORDS} Entries that would lead out of the folder are refused.`,
    input: atPath.extend({ parents: z.string().optional() }),
    body: { "application/x-tar": bytes },
    answers: { 204: null },
    refusals,
  },
  {
    path: "/sessions/{id}/uploads/{upload}/{path}",
    method: "get",
    operationId: "files.uploadState",
    summary: "How much of an upload in parts is there",
    description: PATH_WORDS,
    input: ofUpload,
    answers: { 200: jsonBody(uploadStateSchema) },
    refusals,
  },
  {
    path: "/sessions/{id}/uploads/{upload}/{path}",
    method: "put",
    operationId: "files.uploadPart",
    summary: "Begin an upload in parts, or go on with it; the last part puts the file in its place at once",
    description: `${PATH_WORDS} \`offset\` is where this part begins and \`size\` what the whole file will have, in bytes.`,
    input: ofUpload.extend({
      offset: z.number().int().min(0),
      size: z.number().int().min(0),
      mode: z.string().optional(),
      parents: z.string().optional(),
    }),
    body: BYTES,
    answers: { 200: jsonBody(z.union([writtenFileSchema, uploadStateSchema])) },
    refusals,
  },
  {
    path: "/sessions/{id}/uploads/{upload}/{path}",
    method: "delete",
    operationId: "files.giveUpUpload",
    summary: "Give an upload in parts up, and remove what is there of it",
    description: PATH_WORDS,
    input: ofUpload,
    answers: { 204: null },
    refusals,
  },
  {
    path: "/sessions/{id}/logs/stream",
    method: "get",
    operationId: "sessions.followLogs",
    summary: "What a session prints, as server-sent events or as a text file",
    description:
      "An event's id is its line's place; `Last-Event-ID` goes on after it. The event `end` is the last, `failed` says why none came.",
    input: streamLogsInput.extend({ id: z.string() }),
    answers: eventsOrText,
    refusals,
  },
];
