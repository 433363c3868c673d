/** A guest's ticket has this for a login: it is none, and opens nothing but the one screen. */
export const guestLogin = (shareId: string, guest: string): string => `guest:${shareId}:${guest}`;
export const guestOfLogin = (loginId: string): string | null => /^guest:[^:]+:(.+)$/.exec(loginId)?.[1] ?? null;
