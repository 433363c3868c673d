/** How long a login lasts: the cookie, the JWT, and how long a revoked one is remembered. */
export const LOGIN_SECONDS = 24 * 60 * 60;
