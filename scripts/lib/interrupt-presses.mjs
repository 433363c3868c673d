/** Counts how often a person pressed Ctrl-C. The terminal sends it to npm and to us, and npm passes its own on: one press arrives twice. */
const echoMs = 1000;

/** Call the result at each signal; it answers which press that was, from 1. `now` is in milliseconds. */
export function interruptPresses(now = () => performance.now()) {
  let presses = 0;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (now() - last > echoMs) presses++;
    last = now();
    return presses;
  };
}
