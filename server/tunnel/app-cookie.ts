/** Lets a browser in to one session's app. `__Host-`: no other name, a container's page on a sister host included, can plant it. */
export const APP_COOKIE = "__Host-berth-app";

const isOurs = (pair: string): boolean => pair.split("=")[0]?.trim().toLowerCase() === APP_COOKIE.toLowerCase();

/** The value that the browser sent, or null. */
export function readAppCookie(header: string | undefined): string | null {
  const pair = (header ?? "").split(";").find((part) => part.split("=")[0]?.trim() === APP_COOKIE);
  return pair?.slice(pair.indexOf("=") + 1).trim() || null;
}

/** The `Cookie` header without ours, in any spelling; null where nothing is left. */
export function withoutAppCookie(header: string): string | null {
  const rest = header.split(";").filter((part) => !isOurs(part));
  return rest.length > 0 && rest.some((part) => part.trim() !== "") ? rest.join(";").trim() : null;
}

/** Whether an app's `Set-Cookie` would overwrite ours. */
export const setsAppCookie = (setCookie: string): boolean => isOurs(setCookie.split(";")[0] ?? "");

export const setAppCookie = (value: string, maxAgeSeconds: number): string =>
  `${APP_COOKIE}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Lax`;
