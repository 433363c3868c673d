import { errorCodeSchema } from "@berth/protocol/errors";
import { z } from "zod";
import { RefusedRequest } from "../../errors/read-failure";

const plainError = z.object({ error: z.string(), message: z.string() });
const restError = z.object({ code: z.string(), message: z.string() });

/** Of an answer that is no success: routes inside sessions and REST say it each in their way. */
export function refusalIn(text: string): RefusedRequest {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy's page, or nothing.
  }
  const plain = plainError.safeParse(body).data;
  const rest = restError.safeParse(body).data;
  const code = errorCodeSchema.safeParse(rest?.code ?? plain?.error.toUpperCase()).data ?? "UNKNOWN";
  return new RefusedRequest(code, rest?.message ?? plain?.message ?? "The control plane's answer was not understood. Try again.");
}

const unreachable = () => new RefusedRequest("OFFLINE", "The line broke before the answer came. Try again.");

/** Throws `RefusedRequest` for anything but a success. */
export async function fetchFile(url: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(url, init).catch(() => {
    throw unreachable();
  });
  if (!answer.ok) throw refusalIn(await answer.text().catch(() => ""));
  return answer;
}

/** Sends a body and tells how far it is; `fetch` can't. Rejects as `fetchFile` throws, and with an AbortError. */
export function sendBody(
  url: string,
  body: Blob,
  { headers = {}, signal, onProgress }: { headers?: Record<string, string>; signal: AbortSignal; onProgress: (bytes: number) => void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort, { once: true });
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => (request.status < 300 ? resolve() : reject(refusalIn(request.responseText)));
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("The upload was cancelled", "AbortError"));
    request.onloadend = () => signal.removeEventListener("abort", abort);
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
    if (signal.aborted) abort();
  });
}
