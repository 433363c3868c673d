import type { ViewerMode, ViewerPolicy } from "@berth/protocol/agent-messages";

/** What one viewer may do. */
export interface ViewerTerms {
  readonly mode: ViewerMode;
  /** Text from the viewer's clipboard into the desktop. */
  readonly clipboardIn: boolean;
  /** Text that was copied inside the desktop, to the viewer. */
  readonly clipboardOut: boolean;
}

/** Where the control plane names no policy, it knows of none: all is allowed. */
export const termsOf = (mode: ViewerMode, policy?: ViewerPolicy): ViewerTerms => ({
  mode,
  clipboardIn: policy?.clipboard_in ?? true,
  clipboardOut: policy?.clipboard_out ?? true,
});

/** The terms of one viewer from the request for its tunnel to its end. They may change before the viewer is there, and while it is. */
export class LiveTerms {
  #now: ViewerTerms;
  #listener: (terms: ViewerTerms) => void = () => {};

  constructor(
    readonly sessionId: string,
    first: ViewerTerms,
  ) {
    this.#now = first;
  }

  get now(): ViewerTerms {
    return this.#now;
  }

  change(terms: ViewerTerms): void {
    this.#now = terms;
    this.#listener(terms);
  }

  /** One listener: the bridge, once there is one. */
  onChange(listener: (terms: ViewerTerms) => void): void {
    this.#listener = listener;
  }
}
