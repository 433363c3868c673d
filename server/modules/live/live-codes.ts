/** The code with which `/live` is closed when its access ended: the client signs in again instead of connecting again. */
export const ACCESS_ENDED = 4401;
