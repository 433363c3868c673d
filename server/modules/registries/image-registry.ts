/** The registry that an image's name stands for, as Docker reads it: what comes before the first slash where that can be a host. */
export function imageRegistry(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && (first.includes(".") || first.includes(":") || first === "localhost");
  return isHost && first !== "index.docker.io" ? first.toLowerCase() : "docker.io";
}
