import { hashSecret } from "../../platform/ids";

const BEGIN = "berth_";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** As many digits as 256 bits may need. */
const LENGTH = 43;
const SHOWN = BEGIN.length + 6;
const pattern = new RegExp(`^${BEGIN}[0-9A-Za-z]{${LENGTH}}$`);

/** `secret`: 32 random bytes, base64url. The word in front lets scanners of leaked secrets know it. */
export function tokenText(secret: string): string {
  let rest = BigInt(`0x${Buffer.from(secret, "base64url").toString("hex")}`);
  let digits = "";
  while (digits.length < LENGTH) {
    digits = DIGITS.charAt(Number(rest % 62n)) + digits;
    rest /= 62n;
  }
  return BEGIN + digits;
}

/** What a list shows of it: enough to know it again, far too little to guess the rest. */
export const shownOf = (text: string): string => text.slice(0, SHOWN);

/** Whether a credential says that it is one of ours; not whether it is good. */
export const isApiToken = (text: string): boolean => text.startsWith(BEGIN);

/** Under which it is stored; null for what can't be one. */
export const hashOfToken = (text: string): string | null => (pattern.test(text) ? hashSecret(text) : null);

/** The login that a token is: sockets, tickets and apps' cookies hang on it. */
export const loginOfToken = (tokenId: string): string => `token:${tokenId}`;
export const tokenOfLogin = (loginId: string): string | null => (loginId.startsWith("token:") ? loginId.slice("token:".length) : null);
