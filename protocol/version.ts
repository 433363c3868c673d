/** Of both programs: told by `/healthz`, at registration and by `--version`. The same as in every package.json. */
export const VERSION = "0.1.0";
