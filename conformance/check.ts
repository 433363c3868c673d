/** What a check is, and the three ways in which it does not pass. */

/** The three contracts that agents and control planes share. */
export const contracts = ["channel", "agents", "node"] as const;
export type Contract = (typeof contracts)[number];

export interface Check<World> {
  /** `<contract>-<number>`: stays the same for ever, so that reports can be compared. */
  readonly id: `${Contract}-${number}`;
  /** What it belongs to; `--allow-missing` names these. */
  readonly section: string;
  /** What has to be so, as one sentence. */
  readonly says: string;
  /** Throws `Difference`, `NotServed` or `NotRun`; anything else that is thrown is a difference too. */
  run(world: World): Promise<void>;
}

/** The other side does something else than the contract says. */
export class Difference extends Error {
  constructor(
    readonly expected: string,
    readonly got: string,
    /** Which message, field or answer. */
    readonly where: string,
  ) {
    super(`${where}: expected ${expected}, got ${got}`);
  }
}

/** The other side has nothing there at all. */
export class NotServed extends Error {
  constructor(
    readonly got: string,
    readonly where: string,
  ) {
    super(`${where} is not served: ${got}`);
  }
}

/** It can't be told: something that comes before it failed, or was not given. */
export class NotRun extends Error {
  constructor(
    readonly why: string,
    /** The run was not given what it needs: no fault of the other side. */
    readonly notGiven = false,
  ) {
    super(why);
  }
}

export type Outcome =
  | { readonly kind: "passed" }
  | { readonly kind: "differs"; readonly expected: string; readonly got: string; readonly where: string }
  | { readonly kind: "not served"; readonly got: string; readonly where: string }
  /** `notGiven`: for want of an option, which fails no run. */
  | { readonly kind: "not run"; readonly why: string; readonly notGiven: boolean };

export interface Result {
  readonly id: string;
  readonly section: string;
  readonly says: string;
  readonly outcome: Outcome;
  readonly milliseconds: number;
}
