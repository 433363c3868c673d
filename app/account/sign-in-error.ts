/**
 * How a refused sign-in travels through next-auth, which passes nothing but an error's text: `CODE`, or `CODE:seconds` with the wait.
 */
export function encodeSignInError(code: string, details: Record<string, unknown> | undefined): string {
  const wait = details?.retryAfterSeconds ?? details?.retryAfter;
  return typeof wait === "number" ? `${code}:${Math.ceil(wait)}` : code;
}

/** The account has a second factor, and its code was not there. */
export const asksForSecondFactor = (text: string): boolean => text === "AUTH_SECOND_FACTOR_REQUIRED";

/** The words for a refused sign-in, whether the text is ours or next-auth's own. */
export function signInErrorWords(text: string): string {
  const [code, seconds] = text.split(":");
  switch (code) {
    case "AUTH_INVALID_CREDENTIALS":
    case "CredentialsSignin":
      return "Username or password is wrong.";
    case "SECOND_FACTOR_UNREADABLE":
      return "Your second factor was made with another master key of this server, so no code of it can be checked. Ask an administrator to reset it.";
    case "RATE_LIMIT_EXCEEDED":
      return seconds && /^\d+$/.test(seconds)
        ? `Too many attempts. Try again in ${waitWords(Number(seconds))}.`
        : "Too many attempts. Try again in a minute.";
    case "AUTH_INSUFFICIENT_PERMISSIONS":
    case "AccessDenied":
      return "This account may not sign in here. Ask an administrator.";
    case "OAuthCallback":
    case "OAuthSignin":
    case "Callback":
      return "The identity provider did not confirm who you are. Try again.";
    case "SERVICE_UNAVAILABLE":
      return "The control plane is starting or its database can't be reached. Try again in a moment.";
    default:
      return "Signing in failed on our side. Try again; the server's log says why.";
  }
}

function waitWords(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
