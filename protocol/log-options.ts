/** Fields that are cut out of every log line by name, at the top and one level down, whoever logs them. */
const secretFields = ["password", "token", "secret", "credential", "ticket", "cookie", "authorization"];

/** What both programs give to their logger: JSON lines without host and process, secrets cut out. */
export const logOptions = (level: string) => ({
  level,
  base: null,
  redact: { paths: [...secretFields, ...secretFields.map((field) => `*.${field}`), "headers"], censor: "[redacted]" },
});
