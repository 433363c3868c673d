const LONGEST = 63;

/** A name that people can read and a container can have: `john-doe-firefox-browser-abc123`. */
export function sessionName(username: string, template: string, suffix: string): string {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "");
  const front = `${plain(username) || "user"}-${plain(template)}`.slice(0, LONGEST - 1 - suffix.length).replace(/-+$/, "");
  return `${front}-${suffix}`;
}
