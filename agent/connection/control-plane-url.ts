import { BerthError } from "@berth/protocol/errors";

/**
 * The control plane's address as it was typed. Plain http is taken for this machine alone: over it a token and everything that is seen in
 * a session could be read by whoever is in between. `insecure` takes it anyway.
 */
export function parseControlPlaneUrl(text: string, insecure: boolean): URL {
  if (!URL.canParse(text)) throw new BerthError("INVALID_PARAMETER", `'${text}' is not a URL; write it as https://berth.example.com`);
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new BerthError("INVALID_PARAMETER", `The URL must begin with https:// (or http:// on this machine), not ${url.protocol}//`);
  }
  if (url.username || url.password) throw new BerthError("INVALID_PARAMETER", "The URL must not hold a user name or password");
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !insecure) {
    throw new BerthError(
      "INVALID_PARAMETER",
      `Refusing to send credentials to ${url.host} over plain http; use https, or --insecure if the network in between is yours alone`,
    );
  }
  url.hash = "";
  url.search = "";
  return url;
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || /^127(?:\.\d{1,3}){3}$/.test(hostname) || hostname === "[::1]";
}

/** `path` on the control plane, behind whatever path it is served under. */
export function controlPlaneUrl(base: URL, path: string): URL {
  const url = new URL(base);
  const [pathname, search] = path.split("?");
  url.pathname = `${base.pathname.replace(/\/+$/, "")}${pathname}`;
  url.search = search ?? "";
  return url;
}
