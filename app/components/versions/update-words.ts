import type { UpdateStatus } from "../../../server/modules/sessions/versions/versions-schema";
import type { Inputs } from "../../trpc/client";

/** What is asked for, and how it is called. */
export type Wish = Omit<Inputs["containers"]["updateVersion"], "containerId"> & { readonly label: string };

export const updateWords: Readonly<Record<UpdateStatus, string>> = {
  pulling: "Fetching the image",
  waiting: "Waits for the next wake",
  replacing: "Starting the new version",
  checking: "Checking the new version",
  rolling_back: "Going back",
  done: "Updated",
  rolled_back: "Rolled back",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** Beside a tag alone the version of the template where that is what changes. */
export function changeWords(from: { tag: string; templateVersion: number }, to: { tag: string; templateVersion: number }): string {
  if (from.templateVersion === to.templateVersion) return `${from.tag} to ${to.tag}`;
  return `version ${from.templateVersion} (${from.tag}) to version ${to.templateVersion} (${to.tag})`;
}

/** A digest is long: its first characters tell it from others. */
export const shortTag = (tag: string): string => (tag.startsWith("sha256:") ? tag.slice(0, 19) : tag);

/** The procedure takes image and tag apart. */
export const wishOf = (image: string, tag: string) => ({ image: image.slice(0, image.length - tag.length - 1), tag });
