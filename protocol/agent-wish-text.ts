/** What may be asked of an agent, for forms that load no schema library. */
export const LABEL_NAME = /^[^=,\s]{1,100}$/;
export const LABEL_NAME_WORDS = "must be 1 to 100 characters without '=', ',' and spaces";
export const MAX_LABEL_VALUE = 200;
export const MAX_LABELS = 20;
export const MAX_CAPABILITY = 50;
export const MAX_CAPABILITIES = 20;
