/**
 * The one catalogue of errors. A code is what clients switch on; status, tRPC code and title follow from it.
 * `title` is public text (the `error` field of a REST body); `retryable` says that the same request may succeed later unchanged.
 */
import { z } from "zod";

/** tRPC's names for what a status means; only those that we use. */
type TrpcCode =
  | "BAD_REQUEST"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "METHOD_NOT_SUPPORTED"
  | "CONFLICT"
  | "PAYLOAD_TOO_LARGE"
  | "TOO_MANY_REQUESTS"
  | "INTERNAL_SERVER_ERROR"
  | "BAD_GATEWAY"
  | "SERVICE_UNAVAILABLE"
  | "GATEWAY_TIMEOUT"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "PRECONDITION_FAILED";

interface ErrorEntry {
  readonly status: number;
  readonly trpc: TrpcCode;
  readonly title: string;
  readonly retryable: boolean;
}

const entry = (status: number, trpc: TrpcCode, title: string, retryable = false): ErrorEntry => ({ status, trpc, title, retryable });

export const errorCatalogue = {
  AUTH_INVALID_CREDENTIALS: entry(401, "UNAUTHORIZED", "Authentication failed"),
  /** Name and password are right, and not enough for this account. */
  AUTH_SECOND_FACTOR_REQUIRED: entry(401, "UNAUTHORIZED", "Second factor required"),
  AUTH_TOKEN_EXPIRED: entry(401, "UNAUTHORIZED", "Token expired"),
  AUTH_TOKEN_INVALID: entry(401, "UNAUTHORIZED", "Token invalid"),
  AUTH_TOKEN_MISSING: entry(401, "UNAUTHORIZED", "Authentication required"),
  AUTH_INSUFFICIENT_PERMISSIONS: entry(403, "FORBIDDEN", "Insufficient permissions"),
  AUTH_ORIGIN_REFUSED: entry(403, "FORBIDDEN", "Origin refused"),
  TICKET_INVALID: entry(401, "UNAUTHORIZED", "Ticket invalid"),
  INVITATION_INVALID: entry(401, "UNAUTHORIZED", "Invitation invalid"),
  /** It was sealed by another master key than this control plane has. */
  SECOND_FACTOR_UNREADABLE: entry(409, "CONFLICT", "Second factor unreadable"),
  SECOND_FACTOR_CONFLICT: entry(409, "CONFLICT", "Second factor conflict"),

  HTTPS_REQUIRED: entry(403, "FORBIDDEN", "HTTPS required"),
  REGISTRATION_TOKEN_INVALID: entry(401, "UNAUTHORIZED", "Registration token invalid"),
  REGISTRATION_TOKEN_NOT_FOUND: entry(404, "NOT_FOUND", "Registration token not found"),
  AGENT_NOT_FOUND: entry(404, "NOT_FOUND", "Agent not found"),
  AGENT_NAME_TAKEN: entry(409, "CONFLICT", "Agent name already registered"),
  /** It does not wait for approval, or shows another key than the one that was to be approved. */
  AGENT_APPROVAL_CONFLICT: entry(409, "CONFLICT", "Agent approval conflict"),
  AGENT_OFFLINE: entry(503, "SERVICE_UNAVAILABLE", "Agent offline", true),
  AGENT_DRAINING: entry(503, "SERVICE_UNAVAILABLE", "Agent draining", true),
  AGENT_CAPACITY_EXCEEDED: entry(503, "SERVICE_UNAVAILABLE", "Agent capacity exceeded", true),
  AGENT_TOO_OLD: entry(409, "CONFLICT", "Agent too old"),
  /** Its access was taken back: nothing is asked of it any more. */
  AGENT_REVOKED: entry(409, "CONFLICT", "Agent revoked"),
  /** More than the owner may have; `details.quotas` says what is used, asked and allowed of each resource that it is. */
  QUOTA_EXCEEDED: entry(409, "CONFLICT", "Quota exceeded"),
  NO_AGENTS_AVAILABLE: entry(503, "SERVICE_UNAVAILABLE", "No agents available", true),

  SESSION_NOT_FOUND: entry(404, "NOT_FOUND", "Session not found"),
  SESSION_ALREADY_EXISTS: entry(409, "CONFLICT", "Session already exists"),
  SESSION_NOT_RUNNING: entry(409, "CONFLICT", "Session not running"),
  SESSION_TERMINATING: entry(409, "CONFLICT", "Session terminating"),
  SESSION_PROVISIONING_FAILED: entry(500, "INTERNAL_SERVER_ERROR", "Session provisioning failed"),
  INVALID_STATE_TRANSITION: entry(400, "BAD_REQUEST", "Invalid state transition"),
  /** One at a time: it ends by itself, or is cancelled before. */
  UPDATE_UNDER_WAY: entry(409, "CONFLICT", "Update under way"),
  UPDATE_NOT_CANCELLABLE: entry(409, "CONFLICT", "Update can't be cancelled"),
  SHARE_NOT_FOUND: entry(404, "NOT_FOUND", "Invitation not found"),
  SHARING_OFF: entry(409, "CONFLICT", "Sharing is off"),
  THUMBNAILS_OFF: entry(403, "FORBIDDEN", "Small pictures are off"),
  /** There is no container, or no more, whose log could be read. */
  LOGS_NOT_FOUND: entry(404, "NOT_FOUND", "No logs"),
  /** Someone else changed the variables since they were read. */
  ENVIRONMENT_CHANGED: entry(412, "PRECONDITION_FAILED", "Environment changed meanwhile"),
  FILES_OFF: entry(403, "FORBIDDEN", "Files are off"),
  FILE_NOT_FOUND: entry(404, "NOT_FOUND", "File not found"),
  /** Of the session, but not in the folders that its template opens. */
  FILE_OUTSIDE: entry(403, "FORBIDDEN", "File outside the session's folders"),
  /** The session's own user may not. */
  FILE_FORBIDDEN: entry(403, "FORBIDDEN", "File forbidden by the session's system"),
  FILE_KIND: entry(409, "CONFLICT", "Not that kind of file"),
  FILE_EXISTS: entry(409, "CONFLICT", "File exists"),
  FILE_CHANGED: entry(412, "PRECONDITION_FAILED", "File changed meanwhile"),
  FOLDER_NOT_EMPTY: entry(409, "CONFLICT", "Folder not empty"),
  FILE_FAILED: entry(500, "INTERNAL_SERVER_ERROR", "File operation failed"),
  /** Other bytes are there than the request goes on from. */
  UPLOAD_OFFSET: entry(409, "CONFLICT", "Upload goes on elsewhere"),
  UPLOAD_BROKEN: entry(400, "BAD_REQUEST", "Upload broken off"),
  ARCHIVE_REFUSED: entry(400, "BAD_REQUEST", "Archive refused"),
  RANGE_INVALID: entry(416, "BAD_REQUEST", "Range not satisfiable"),
  TERMINAL_NOT_FOUND: entry(404, "NOT_FOUND", "Terminal not found"),
  TERMINAL_LIMIT: entry(409, "CONFLICT", "Too many terminals"),
  TERMINALS_OFF: entry(403, "FORBIDDEN", "Terminals are off"),
  PORTS_OFF: entry(403, "FORBIDDEN", "Ports are off"),
  PORT_NOT_FOUND: entry(404, "NOT_FOUND", "Port not found"),
  PORT_LIMIT: entry(409, "CONFLICT", "Too many ports"),
  /** Nobody listens there, or it can't be reached from outside the session. */
  PORT_UNREACHABLE: entry(502, "BAD_GATEWAY", "Port unreachable", true),
  HOME_NOT_FOUND: entry(404, "NOT_FOUND", "Home not found"),
  HOME_IN_USE: entry(409, "CONFLICT", "Home in use"),
  SNAPSHOT_NOT_FOUND: entry(404, "NOT_FOUND", "Snapshot not found"),
  /** It is not whole (yet), or its host does not have it any more. */
  SNAPSHOT_NOT_READY: entry(409, "CONFLICT", "Snapshot not ready"),
  /** A session that has not ended needs it. */
  SNAPSHOT_IN_USE: entry(409, "CONFLICT", "Snapshot in use"),
  ORPHAN_NOT_FOUND: entry(404, "NOT_FOUND", "Orphan not found"),

  TEMPLATE_NOT_FOUND: entry(404, "NOT_FOUND", "Template not found"),
  TEMPLATE_INVALID: entry(400, "BAD_REQUEST", "Template invalid"),
  /** Someone else wrote a version since the one that this change was made from. */
  TEMPLATE_CHANGED: entry(409, "CONFLICT", "Template changed meanwhile"),
  USER_NOT_FOUND: entry(404, "NOT_FOUND", "User not found"),
  API_TOKEN_NOT_FOUND: entry(404, "NOT_FOUND", "API token not found"),
  API_TOKEN_LIMIT: entry(409, "CONFLICT", "Too many API tokens"),
  USER_ALREADY_EXISTS: entry(409, "CONFLICT", "User already exists"),
  REGISTRY_NOT_FOUND: entry(404, "NOT_FOUND", "Registry not found"),
  WEBHOOK_NOT_FOUND: entry(404, "NOT_FOUND", "Webhook not found"),
  WEBHOOK_DELIVERY_NOT_FOUND: entry(404, "NOT_FOUND", "Webhook delivery not found"),
  WEBHOOK_LIMIT: entry(409, "CONFLICT", "Too many webhooks"),
  TASK_NOT_FOUND: entry(404, "NOT_FOUND", "Task not found"),
  /** It has ended, or is of a session, whose own doors say what becomes of it. */
  TASK_NOT_CANCELLABLE: entry(409, "CONFLICT", "Task can't be cancelled"),
  /** It has not ended, has done what it was for, or is of a session. */
  TASK_NOT_RETRYABLE: entry(409, "CONFLICT", "Task can't be tried again"),
  /** The idempotency key was used before, for something else. */
  TASK_KEY_REUSED: entry(409, "CONFLICT", "Idempotency key used before"),

  VALIDATION_FAILED: entry(400, "BAD_REQUEST", "Request validation failed"),
  INVALID_PARAMETER: entry(400, "BAD_REQUEST", "Invalid parameter"),
  MISSING_REQUIRED_FIELD: entry(400, "BAD_REQUEST", "Missing required field"),
  NOT_FOUND: entry(404, "NOT_FOUND", "Not found"),
  METHOD_NOT_ALLOWED: entry(405, "METHOD_NOT_SUPPORTED", "Method not allowed"),
  REQUEST_MALFORMED: entry(400, "BAD_REQUEST", "Malformed request"),
  REQUEST_TIMEOUT: entry(408, "BAD_REQUEST", "Request timeout", true),
  HEADERS_TOO_LARGE: entry(431, "BAD_REQUEST", "Request headers too large"),
  BODY_TOO_LARGE: entry(413, "PAYLOAD_TOO_LARGE", "Request body too large"),
  UNSUPPORTED_MEDIA_TYPE: entry(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type"),
  RATE_LIMIT_EXCEEDED: entry(429, "TOO_MANY_REQUESTS", "Rate limit exceeded", true),
  INTERNAL_ERROR: entry(500, "INTERNAL_SERVER_ERROR", "Internal server error", true),
  SERVICE_UNAVAILABLE: entry(503, "SERVICE_UNAVAILABLE", "Service unavailable", true),

  /** The agent did not dial back in time, or its tunnel broke before the answer's head. */
  TUNNEL_TIMEOUT: entry(504, "GATEWAY_TIMEOUT", "Tunnel timed out", true),
  TUNNEL_FAILED: entry(502, "BAD_GATEWAY", "Tunnel failed", true),
  /** The display's socket is missing, refuses, or is not what the template says. */
  DISPLAY_UNREACHABLE: entry(502, "BAD_GATEWAY", "Display unreachable", true),
  DISPLAY_PROTOCOL_MISMATCH: entry(502, "BAD_GATEWAY", "Display speaks another protocol"),

  // What drivers report in `command_result.error_code`.
  IMAGE_NOT_FOUND: entry(500, "INTERNAL_SERVER_ERROR", "Image not found"),
  IMAGE_PULL_DENIED: entry(500, "INTERNAL_SERVER_ERROR", "Image pull denied"),
  IMAGE_PULL_FAILED: entry(500, "INTERNAL_SERVER_ERROR", "Image pull failed", true),
  INSUFFICIENT_RESOURCES: entry(500, "INTERNAL_SERVER_ERROR", "Insufficient resources on the host", true),
  DISK_FULL: entry(500, "INTERNAL_SERVER_ERROR", "Disk full on the host", true),
  ENGINE_UNAVAILABLE: entry(500, "INTERNAL_SERVER_ERROR", "Container engine unavailable", true),
  CONTAINER_EXITED: entry(500, "INTERNAL_SERVER_ERROR", "Container exited"),
  DISPLAY_NOT_READY: entry(500, "INTERNAL_SERVER_ERROR", "Display not ready in time", true),
  SPEC_REFUSED: entry(500, "INTERNAL_SERVER_ERROR", "Session refused by the agent's policy"),
  HOME_MISSING: entry(500, "INTERNAL_SERVER_ERROR", "Home missing on the host"),
  /** The session's image has no shell, or lacks a program that is needed to do it. */
  SESSION_LACKS_PROGRAM: entry(409, "CONFLICT", "Session lacks a program"),
  /** No container of that name was made by a task of this agent. */
  CONTAINER_NOT_FOUND: entry(404, "NOT_FOUND", "Container not found"),
  CONTAINER_NAME_TAKEN: entry(409, "CONFLICT", "Container name taken"),
  TASK_FAILED: entry(500, "INTERNAL_SERVER_ERROR", "Task failed"),
  TASK_TIMED_OUT: entry(500, "INTERNAL_SERVER_ERROR", "Task timed out", true),
  /** Its agent lost them before it was done, and they leave once in each run. */
  TASK_CREDENTIALS_GONE: entry(500, "INTERNAL_SERVER_ERROR", "Task's credentials are gone", true),
  COMMAND_UNSUPPORTED: entry(500, "INTERNAL_SERVER_ERROR", "Command not supported by the agent"),
  COMMAND_CANCELLED: entry(409, "CONFLICT", "Command cancelled"),
  COMMAND_SUPERSEDED: entry(409, "CONFLICT", "Command superseded by a newer one"),
  MESSAGE_INVALID: entry(400, "BAD_REQUEST", "Message invalid"),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

export const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]];
export const errorCodeSchema = z.enum(errorCodes);

/** What an agent may send as `error_code`: a code of ours, or a foreign agent's own, which becomes `SESSION_PROVISIONING_FAILED`. */
export const foreignErrorCodeSchema = z
  .string()
  .max(100)
  .transform((code): ErrorCode => {
    const known = errorCodeSchema.safeParse(code);
    return known.success ? known.data : "SESSION_PROVISIONING_FAILED";
  });

/**
 * An expected refusal. `message` is public: it names the thing and says what to do. `cause` is for the log alone.
 * Anything else that is thrown is a fault of ours and reaches a client as `INTERNAL_ERROR` without its text.
 */
export class BerthError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;
  private readonly inRequest: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: Record<string, unknown> | undefined; cause?: unknown; inRequest?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "BerthError";
    this.code = code;
    this.details = options.details;
    this.inRequest = options.inRequest === true && errorCatalogue[code].status === 404;
  }

  /** The same where what isn't there was named in a request's body: the request is wrong (400), not the address (404). */
  ofRequest(): BerthError {
    return new BerthError(this.code, this.message, { details: this.details, cause: this.cause, inRequest: true });
  }

  get status(): number {
    return this.inRequest ? 400 : errorCatalogue[this.code].status;
  }

  get trpcCode(): TrpcCode {
    return this.inRequest ? "BAD_REQUEST" : errorCatalogue[this.code].trpc;
  }

  /** Public text of few words. */
  get title(): string {
    return this.inRequest ? "Invalid request" : errorCatalogue[this.code].title;
  }
}
