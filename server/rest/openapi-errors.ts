/** What the documents of both surfaces say of refusals, and of the head that every answer has. */
import { type ErrorCode, errorCatalogue, errorCodes } from "@berth/protocol/errors";
import { containerErrorWord } from "../platform/errors";
import type { OpenApiDocument, OpenApiResponse } from "./openapi-document";
import type { Surface } from "./rest-routes";
import type { JsonSchema } from "./wire-schema";

interface AnswerParts {
  /** In the head of every answer. */
  readonly headers: Readonly<Record<string, { readonly $ref: string }>>;
  readonly components: Pick<OpenApiDocument["components"], "headers" | "responses" | "schemas">;
}

const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
const requestId = { RequestId: { description: "Names this request in the log.", required: true, schema: { type: "string" } } };
const retryAfter = { RetryAfter: { description: "Seconds to wait.", schema: { type: "integer", minimum: 1 } } };

const allStatuses = (): number[] => [...new Set(Object.values(errorCatalogue).map(({ status }) => status))].sort();

/** What isn't there but was named in a body is a wrong request: the codes of 404 come with 400 as well. */
const codesOf = (status: number): ErrorCode[] =>
  errorCodes.filter((code) => errorCatalogue[code].status === status || (status === 400 && errorCatalogue[code].status === 404));

function errorResponses(headers: AnswerParts["headers"], told: (codes: ErrorCode[]) => Record<string, JsonSchema>) {
  const response = (status: number): OpenApiResponse => ({
    description: Object.values(errorCatalogue).find((entry) => entry.status === status)?.title ?? "Refused",
    headers: { ...headers, ...(status === 429 && { "Retry-After": header("RetryAfter") }) },
    content: {
      "application/json": {
        schema: { allOf: [{ $ref: "#/components/schemas/Error" }, { type: "object", properties: told(codesOf(status)) }] },
      },
    },
  });
  return Object.fromEntries(allStatuses().map((status) => [`Error${status}`, response(status)]));
}

const apiHeaders = {
  "X-Request-Id": header("RequestId"),
  "X-RateLimit-Limit": header("RateLimitLimit"),
  "X-RateLimit-Remaining": header("RateLimitRemaining"),
  "X-RateLimit-Reset": header("RateLimitReset"),
};
const api: AnswerParts = {
  headers: apiHeaders,
  components: {
    headers: {
      ...requestId,
      RateLimitLimit: { description: "Requests in a minute.", required: true, schema: { type: "integer", minimum: 1 } },
      RateLimitRemaining: { description: "How many are left of them.", required: true, schema: { type: "integer", minimum: 0 } },
      RateLimitReset: { description: "When the minute ends, in seconds since 1970.", required: true, schema: { type: "integer" } },
      ...retryAfter,
    },
    responses: errorResponses(apiHeaders, (codes) => ({ code: { enum: codes } })),
    schemas: {
      Error: {
        type: "object",
        description: "Every refusal looks like this. Programs switch on `code`; `message` is for people.",
        required: ["error", "message", "code", "timestamp", "request_id"],
        additionalProperties: false,
        properties: {
          error: { type: "string" },
          message: { type: "string" },
          code: { enum: [...errorCodes] },
          details: { type: "object", description: "What was wrong with which field is under `fields`." },
          retry_after: { type: "integer", minimum: 1, description: "Seconds." },
          timestamp: { type: "string", format: "date-time" },
          request_id: { type: "string" },
        },
      },
    },
  },
};

const containerHeaders = { "X-Request-Id": header("RequestId") };
const words = (codes: readonly ErrorCode[]) => [...new Set(codes.map(containerErrorWord))];
const containers: AnswerParts = {
  headers: containerHeaders,
  components: {
    headers: { ...requestId, ...retryAfter },
    responses: errorResponses(containerHeaders, (codes) => ({ error: { enum: words(codes) } })),
    schemas: {
      Error: {
        type: "object",
        description: "Every refusal looks like this. Programs switch on `error`; `message` is for people.",
        required: ["error", "message"],
        additionalProperties: false,
        properties: { error: { enum: words(errorCodes) }, message: { type: "string" } },
      },
    },
  },
};

export const answerParts: Readonly<Record<Surface, AnswerParts>> = { api, containers };
