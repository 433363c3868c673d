/** What this reads of a schema's issue: zod's own say more. */
interface Issue {
  readonly code?: string;
  readonly message: string;
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
}

/** What is wrong with a field, for the person who typed it: the schema's own sentence, and ours where it has only zod's. */
export function issueWords(issue: Issue): string {
  if (issue.code === "invalid_type") return "must be a whole number";
  if (issue.code === "too_small") {
    const missing = issue.origin === "string" || (issue.origin === "array" && issue.minimum === 1);
    return missing ? "is needed" : `must be at least ${issue.minimum}`;
  }
  if (issue.code === "too_big") {
    const unit = issue.origin === "string" ? " characters" : issue.origin === "array" ? " of them" : "";
    return `must be at most ${issue.maximum}${unit}`;
  }
  return issue.message;
}
