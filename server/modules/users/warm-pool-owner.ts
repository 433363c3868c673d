/**
 * The account that owns what waits in warm pools, made by a migration. It has no password and no token, isn't active, and is shown
 * nowhere: the stores leave it out where people are listed or looked up, and no policy lets anyone at what is its own.
 */
export const WARM_POOL_OWNER = "00000000-0000-4000-8000-0000000000b0";
