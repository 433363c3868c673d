/** What a session may be called and marked with. Without zod, so that a form that checks as it is typed does not carry it. */

export const SESSION_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const SESSION_NAME_WORDS = "must be 1 to 63 lower-case letters, digits and dashes";
export const TAG = /^[\p{L}\p{N}][\p{L}\p{N} ._:/-]{0,49}$/u;
export const TAG_WORDS = "must be letters, digits, spaces and . _ : / -, at most 50 of them";
export const MAX_TAGS = 20;
