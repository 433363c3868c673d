import QuickLRU from "quick-lru";

const KEPT = 1_000;

/**
 * What tokens say whose signature (or encryption) was found good. That never changes while the keys are the same, and finding it out takes a
 * fifth of a small request's time. Whether the token has run out, and whether its login still holds, is asked anew each time.
 */
export class ProvenClaims<Claims extends object> {
  private readonly kept = new QuickLRU<string, Claims>({ maxSize: KEPT });

  /** `prove` throws, or says null, for what is not good: that is not kept. */
  async of<Found extends Claims | null>(token: string, prove: () => Promise<Found>): Promise<Found | Claims> {
    const known = this.kept.get(token);
    if (known) return known;
    const claims = await prove();
    if (claims) this.kept.set(token, claims);
    return claims;
  }
}
