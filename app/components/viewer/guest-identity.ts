/** Who a guest is, for as long as their tab lives: a page that is loaded again is the same guest, and no new one in the list. */
export interface GuestIdentity {
  readonly name: string;
  /** What the server knows them by; null until they were in. */
  readonly guestKey: string | null;
}

const keyOf = (token: string) => `berth.guest.${token}`;

export function readIdentity(text: string | null): GuestIdentity | null {
  try {
    const kept: unknown = JSON.parse(text ?? "null");
    if (typeof kept !== "object" || kept === null) return null;
    const [name, guestKey]: unknown[] = [Reflect.get(kept, "name"), Reflect.get(kept, "guestKey")];
    if (typeof name !== "string" || name.trim() === "" || name.length > 40) return null;
    return { name, guestKey: typeof guestKey === "string" && /^[\w-]{43}$/.test(guestKey) ? guestKey : null };
  } catch {
    return null;
  }
}

export function keptIdentity(token: string): GuestIdentity | null {
  try {
    return readIdentity(window.sessionStorage.getItem(keyOf(token)));
  } catch {
    return null;
  }
}

export function keepIdentity(token: string, identity: GuestIdentity): void {
  try {
    window.sessionStorage.setItem(keyOf(token), JSON.stringify(identity));
  } catch {
    // They are somebody new after the next load.
  }
}
