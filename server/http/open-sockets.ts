/** Whose access a socket hangs on. */
export interface SocketOwner {
  readonly userId: string;
  readonly loginId: string;
  readonly accessEpoch: number;
}

interface Entry {
  readonly owner: SocketOwner;
  readonly end: (reason: string) => void;
}

/** Every socket and stream that outlives its request, by whose access it hangs on, so that it ends with that access. */
export class OpenSockets {
  private readonly entries = new Set<Entry>();

  /** Returns how to take it out again. `end` must not throw. */
  add(owner: SocketOwner, end: (reason: string) => void): () => void {
    const entry = { owner, end };
    this.entries.add(entry);
    return () => void this.entries.delete(entry);
  }

  get size(): number {
    return this.entries.size;
  }

  /** Users who have something open: for a sweep that reads their rows again. */
  userIds(): string[] {
    return [...new Set([...this.entries].map(({ owner }) => owner.userId))];
  }

  loginIds(): string[] {
    return [...new Set([...this.entries].map(({ owner }) => owner.loginId))];
  }

  endLogin(loginId: string, reason: string): void {
    this.endThose((owner) => owner.loginId === loginId, reason);
  }

  /** Ends what was opened under another epoch than `currentEpoch`; null (user disabled or gone) ends everything of theirs. */
  endUser(userId: string, currentEpoch: number | null, reason: string): void {
    this.endThose((owner) => owner.userId === userId && owner.accessEpoch !== currentEpoch, reason);
  }

  endAll(reason: string): void {
    this.endThose(() => true, reason);
  }

  private endThose(which: (owner: SocketOwner) => boolean, reason: string): void {
    for (const entry of [...this.entries]) {
      if (!which(entry.owner)) continue;
      this.entries.delete(entry);
      entry.end(reason);
    }
  }
}
