import { uploadStateSchema, writtenFileSchema } from "@berth/protocol/session-files";
import { z } from "zod";
import { streamLogsInput } from "../modules/sessions/sessions-schema";
import type { OwnPath } from "./openapi-document";
import { wireSchema } from "./wire-schema";

const bytes = { schema: { type: "string", format: "binary" } } as const;
const json = (schema: z.core.$ZodType) => ({ "application/json": { schema: wireSchema(schema, "output", "camel") } });
const PATH = "Of the path, slashes are written as they are and every other byte may be percent-encoded.";
/** What a session's agent or state may answer beside what any request may. */
const IN_SESSION = [404, 409, 413, 502, 504] as const;
const reason = z.string().max(500).optional();
const octal = z.string().optional();

/** What is sent and answered as a stream, beside the procedures (`server/http`). WebSockets are in README.md: OpenAPI has no word for them. */
export const streamPaths: readonly OwnPath[] = [
  {
    path: "/sessions/{id}/archive/{path}",
    method: "get",
    operationId: "files.pack",
    summary: "Download a folder of a session as one archive",
    description: `${PATH} An archive that is cut off has lost its end: HTTP says so.`,
    input: z.object({ archive: z.enum(["tar", "zip"]).default("tar"), reason }),
    answers: { 200: { "application/octet-stream": bytes } },
    refusals: IN_SESSION,
  },
  {
    path: "/sessions/{id}/archive/{path}",
    method: "put",
    operationId: "files.unpack",
    summary: "Unpack a tar into a folder of a session",
    description: `${PATH} Entries that would lead out of the folder are refused.`,
    input: z.object({ parents: z.string().optional(), reason }),
    body: { "application/x-tar": bytes },
    answers: { 200: json(writtenFileSchema), 204: null },
    refusals: IN_SESSION,
  },
  {
    path: "/sessions/{id}/uploads/{upload}/{path}",
    method: "get",
    operationId: "files.uploadState",
    summary: "How much of an upload in parts is there",
    description: PATH,
    input: z.object({ reason }),
    answers: { 200: json(uploadStateSchema) },
    refusals: IN_SESSION,
  },
  {
    path: "/sessions/{id}/uploads/{upload}/{path}",
    method: "put",
    operationId: "files.uploadPart",
    summary: "Begin an upload in parts, or go on with it; the last part puts the file in its place at once",
    description: `${PATH} \`offset\` is where this part begins and \`size\` what the whole file will have, in bytes.`,
    input: z.object({
      offset: z.number().int().min(0),
      size: z.number().int().min(0),
      mode: octal,
      parents: z.string().optional(),
      reason,
    }),
    body: { "application/octet-stream": bytes },
    answers: { 200: json(z.union([writtenFileSchema, uploadStateSchema])) },
    refusals: IN_SESSION,
  },
  {
    path: "/sessions/{id}/uploads/{upload}/{path}",
    method: "delete",
    operationId: "files.giveUpUpload",
    summary: "Give an upload in parts up, and remove what is there of it",
    description: PATH,
    input: z.object({ reason }),
    answers: { 204: null },
    refusals: IN_SESSION,
  },
  {
    path: "/sessions/{id}/logs/stream",
    method: "get",
    operationId: "sessions.followLogs",
    summary: "What a session prints, as server-sent events or as a text file",
    description:
      "An event's id is its line's place; `Last-Event-ID` goes on after it. The event `end` is the last, `failed` says why none came.",
    input: streamLogsInput,
    answers: { 200: { "text/event-stream": { schema: { type: "string" } }, "text/plain": { schema: { type: "string" } } } },
    refusals: [404, 409, 502, 504],
  },
];
