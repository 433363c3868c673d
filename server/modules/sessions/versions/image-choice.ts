import { BerthError } from "@berth/protocol/errors";
import type { UserRole } from "../../users/users-schema";
import { imageName, imageOf, sameRepository } from "./image-reference";

/** What a session is made from: its template's version, and the image where that is another. */
export interface Version {
  readonly image: string;
  readonly templateVersion: number;
}

export interface ImageWish {
  readonly image?: string | undefined;
  readonly tag?: string | undefined;
  readonly templateVersion?: number | undefined;
}

export interface ChoiceFacts {
  readonly role: UserRole;
  readonly session: string;
  readonly template: string;
  readonly now: Version;
  /** Of the template. */
  readonly versions: readonly { readonly version: number; readonly image: string }[];
  readonly currentVersion: number;
  /** Versions of the template that the session had before. */
  readonly had: readonly number[];
}

/**
 * What is meant, if it may be asked for. What runs on hosts, and by which rules, is for administrators to say: others stay with the template's
 * repository, and go back behind their session's version only where it was before, since an older one may allow more.
 */
export function chooseVersion(wish: ImageWish, facts: ChoiceFacts): Version {
  const { role, session, template, now, versions } = facts;
  const imageOfVersion = (number: number) => versions.find(({ version }) => version === number)?.image;
  if (wish.templateVersion !== undefined) {
    const image = imageOfVersion(wish.templateVersion);
    if (image === undefined) {
      const last = Math.max(...versions.map(({ version }) => version));
      throw new BerthError("INVALID_PARAMETER", `Template '${template}' has no version ${wish.templateVersion}; its last is ${last}`);
    }
    if (role !== "admin" && !mayHaveVersion(wish.templateVersion, facts))
      throw new BerthError(
        "AUTH_INSUFFICIENT_PERMISSIONS",
        `'${session}' has version ${now.templateVersion} of '${template}'; an older one that it never had only an administrator may give it`,
      );
    return { image, templateVersion: wish.templateVersion };
  }
  const own = repositories(facts);
  const repository = wish.image ?? (imageName(now.image).repository || own[0] || "");
  if (role !== "admin" && !own.some((one) => sameRepository(one, repository)))
    throw new BerthError(
      "AUTH_INSUFFICIENT_PERMISSIONS",
      `'${session}' may have any tag of ${own.join(" or ")}, which its template '${template}' names; '${repository}' only an administrator may give it`,
    );
  return { image: imageOf({ repository, tag: wish.tag ?? "latest" }), templateVersion: now.templateVersion };
}

export const mayHaveVersion = (version: number, { role, now, had }: Pick<ChoiceFacts, "role" | "now" | "had">): boolean =>
  role === "admin" || version >= now.templateVersion || had.includes(version);

/** Those that the template names, in the session's version and in its newest. */
export function repositories({ now, versions, currentVersion }: Pick<ChoiceFacts, "now" | "versions" | "currentVersion">): string[] {
  const named = versions.filter(({ version }) => version === now.templateVersion || version === currentVersion);
  return [...new Set(named.map(({ image }) => imageName(image).repository))];
}
