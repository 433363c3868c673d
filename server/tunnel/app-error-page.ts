import type { IncomingMessage, ServerResponse } from "node:http";
import type { BerthError } from "@berth/protocol/errors";
import { errorBody } from "../platform/errors";

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** An error of ours on an app's origin: a small page for a person, JSON for a script. Never the app's content. */
export function answerAppError(
  request: IncomingMessage,
  response: ServerResponse,
  error: BerthError,
  { requestId, now, publicUrl, sessionId }: { requestId: string; now: Date; publicUrl: URL; sessionId: string | null },
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const wantsPage = (request.headers.accept ?? "").includes("text/html");
  const link = new URL(sessionId ? `/sessions/${sessionId}` : "/sessions", publicUrl).href;
  const advice = error.status === 401 || error.status === 403 ? "Open the app from Berth" : "Go to the session in Berth";
  const title = escapeHtml(error.title);
  const text = wantsPage
    ? `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><h1>${title}</h1><p>${escapeHtml(error.message)}</p><p><a href="${escapeHtml(link)}">${advice}</a></p><p><small>${escapeHtml(error.code)} ${escapeHtml(requestId)}</small></p></html>`
    : JSON.stringify(errorBody(error, requestId, now));
  if (!request.complete) response.setHeader("Connection", "close");
  response.writeHead(error.status, {
    "Content-Type": wantsPage ? "text/html; charset=utf-8" : "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : text);
}
