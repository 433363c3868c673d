import { writtenFileSchema } from "@berth/protocol/session-files";
import { z } from "zod";
import { listFilesInput, listFilesOutput, reasonInput } from "../modules/files/files-schema";
import { streamLogsInput } from "../modules/sessions/sessions-schema";
import { ASKS_AGENT } from "../trpc/init";
import type { OwnPath } from "./openapi-document";
import { BYTES, eventsOrText, jsonBody, PATH_WORDS } from "./stream-paths";

const containerId = z.string().max(100);
const atPath = z.object({ containerId, path: z.string(), reason: reasonInput });
const list = listFilesInput.omit({ id: true }).extend({ containerId });
const refusals = [404, ...ASKS_AGENT];

/** What `/v1/agents` serves beside the procedures (`server/http`). */
export const containerPaths: readonly OwnPath[] = [
  {
    path: "/{containerId}/files",
    method: "get",
    operationId: "files.list",
    summary: "List a folder inside a container",
    description: "Without `path`, the first folder that is open: as a rule the home.",
    input: list,
    answers: { 200: jsonBody(listFilesOutput) },
    refusals,
  },
  {
    path: "/{containerId}/files/{path}",
    method: "get",
    operationId: "files.read",
    summary: "Read a file inside a container",
    description: `${PATH_WORDS} A \`Range\` is followed; the file that \`If-Range\` names must still be the same (412).`,
    input: atPath,
    answers: { 200: BYTES, 206: BYTES },
    refusals: [...refusals, 412, 416],
  },
  {
    path: "/{containerId}/files/{path}",
    method: "put",
    operationId: "files.write",
    summary: "Write a file inside a container: all of it is in its place at once, or nothing is",
    description: `${PATH_WORDS} \`mode\` is octal; \`parents=1\` makes the folders that are missing. \`If-Match\` is followed, and \`If-None-Match: *\`.`,
    input: atPath.extend({ mode: z.string().optional(), parents: z.string().optional() }),
    body: BYTES,
    answers: { 200: jsonBody(writtenFileSchema) },
    refusals: [...refusals, 412, 413],
  },
  {
    path: "/{containerId}/files/{path}",
    method: "delete",
    operationId: "files.delete",
    summary: "Delete a file or a folder inside a container",
    description: `${PATH_WORDS} \`recursive=1\` is for a folder that has something in it. \`If-Match\` is followed.`,
    input: atPath.extend({ recursive: z.string().optional() }),
    answers: { 204: null },
    refusals: [...refusals, 412],
  },
  {
    path: "/{containerId}/logs/stream",
    method: "get",
    operationId: "containers.followLogs",
    summary: "What a container prints, as server-sent events or as a text file",
    description: "As under `/api/v1/sessions/{id}/logs/stream`.",
    input: streamLogsInput.extend({ containerId }),
    answers: eventsOrText,
    refusals,
  },
];
