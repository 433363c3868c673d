/** What scripts tell the person who started them. */
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const say = {
  step: (text) => console.log(`${paint("36", "•")} ${text}`),
  done: (text) => console.log(`${paint("32", "✓")} ${text}`),
  note: (text) => console.log(`${paint("33", "!")} ${text}`),
  failed: (text) => console.error(`${paint("31", "✗")} ${text}`),
  plain: (text) => console.log(text),
};

/** `1.4 s`, `2 min 5 s`. */
export function duration(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** An expected end with words for the person: printed without a stack. */
export class Refusal extends Error {}

/** Runs a script's main function; a `Refusal` prints its message alone, anything else its stack. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (error instanceof Refusal) say.failed(error.message);
    else say.failed(error?.stack ?? String(error));
    process.exit(1);
  }
}
