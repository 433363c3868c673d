export interface ImageName {
  /** Registry, port and path; empty where only the engine's own name is known. */
  readonly repository: string;
  /** A tag, or a digest as `sha256:…`. */
  readonly tag: string;
}

/** A reference taken apart; one without a tag means `latest`. */
export function imageName(image: string): ImageName {
  if (image.startsWith("sha256:")) return { repository: "", tag: image };
  const digest = image.indexOf("@");
  if (digest >= 0) return { repository: imageName(image.slice(0, digest)).repository, tag: image.slice(digest + 1) };
  const colon = image.lastIndexOf(":");
  if (colon > image.lastIndexOf("/")) return { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
  return { repository: image, tag: "latest" };
}

export const imageOf = ({ repository, tag }: ImageName): string => `${repository}${tag.startsWith("sha256:") ? "@" : ":"}${tag}`;

/** Whether both are one place, however its name is written: Docker's own registry may be left out. */
export const sameRepository = (one: string, other: string): boolean => plain(one) === plain(other);

const plain = (repository: string): string => {
  const path = repository.replace(/^(?:index\.)?docker\.io\//, "");
  return path.includes("/") ? path : `library/${path}`;
};
