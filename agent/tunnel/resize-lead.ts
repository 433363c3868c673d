/**
 * Which of the viewers that may type on one display decides its size: the one that was used last. Two windows of one person would
 * otherwise pull the desktop to and fro between their sizes.
 */
export class ResizeLead {
  #leader: ResizeSeat | null = null;

  /** A seat for one viewer, for as long as it is there. */
  join(): ResizeSeat {
    const seat: ResizeSeat = {
      used: () => {
        this.#leader = seat;
      },
      mayResize: () => {
        this.#leader ??= seat;
        return this.#leader === seat;
      },
      left: () => {
        if (this.#leader === seat) this.#leader = null;
      },
    };
    return seat;
  }
}

export interface ResizeSeat {
  /** A key or a button was pressed there. */
  used(): void;
  /** Where nobody leads, whoever asks does. */
  mayResize(): boolean;
  /** It ended, or may not type any more. */
  left(): void;
}

/** The leads of all displays that have viewers. */
export class ResizeLeads {
  readonly #leads = new Map<string, { lead: ResizeLead; seats: number }>();

  /** Give the seat back with `leave`, once. */
  join(sessionId: string): { seat: ResizeSeat; leave(): void } {
    const entry = this.#leads.get(sessionId) ?? { lead: new ResizeLead(), seats: 0 };
    this.#leads.set(sessionId, entry);
    entry.seats += 1;
    const seat = entry.lead.join();
    return {
      seat,
      leave: () => {
        seat.left();
        entry.seats -= 1;
        if (entry.seats === 0) this.#leads.delete(sessionId);
      },
    };
  }
}
