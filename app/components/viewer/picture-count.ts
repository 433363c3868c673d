/**
 * Counts the pictures that noVNC puts on the screen: it draws each into a canvas of its own and copies what changed to the visible one
 * with one call. Returns how to read the count.
 */
export function countPictures(screen: HTMLElement): () => number {
  let count = 0;
  const context = screen.querySelector("canvas")?.getContext("2d");
  if (context) {
    const draw = context.drawImage;
    context.drawImage = (...parts: unknown[]) => {
      count += 1;
      Reflect.apply(draw, context, parts);
    };
  }
  return () => count;
}
