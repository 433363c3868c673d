/** A place among the sessions that wait for room, from 1. */
export interface QueuePlace {
  readonly position: number;
  readonly of: number;
}

const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
const endings: Readonly<Record<Intl.LDMLPluralRule, string>> = { zero: "th", one: "st", two: "nd", few: "rd", many: "th", other: "th" };

/** `2nd`. */
export const placeWords = ({ position }: QueuePlace): string => `${position}${endings[ordinals.select(position)]}`;

/** `2nd of 5`. */
export const queueWords = (place: QueuePlace): string => `${placeWords(place)} of ${place.of}`;
