import type { IncomingMessage, ServerResponse } from "node:http";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * Tells of an answer once it is over. What is told is bounded whatever is asked: methods that nobody serves are `other`, statuses that an
 * app made up are told by their class, and an answer that was cut before its head was sent has the status `none`.
 */
export function watchAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  route: string,
  tell: (route: string, method: string, status: string, seconds: number | null) => void,
): void {
  const began = performance.now();
  response.once("close", () => {
    const { statusCode } = response;
    const status = !response.headersSent ? "none" : route === "app" ? `${Math.floor(statusCode / 100)}xx` : String(statusCode);
    // A poll of Socket.io's waits for news.
    const streams = route === "socketIo" || String(response.getHeader("content-type") ?? "").startsWith("text/event-stream");
    const method = METHODS.has(request.method ?? "") ? String(request.method) : "other";
    tell(route, method, status, streams ? null : (performance.now() - began) / 1000);
  });
}
