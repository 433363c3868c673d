/** A display that is connected and shows nothing that can be read is shown as it is after this. */
const GIVE_UP_MS = 10_000;

/**
 * Calls back once the desktop's canvas holds a real picture. noVNC reports that the handshake is done, not that something was painted;
 * until then every pixel of the canvas is transparent. One pixel at a time is drawn into a canvas of our own and read there: reading
 * the desktop's own canvas would make the browser give up its acceleration. `seen` is false when nothing was found in ten seconds.
 */
export function onFirstFrame(screen: HTMLElement, painted: (seen: boolean) => void): () => void {
  const probe = document.createElement("canvas");
  probe.width = 2;
  probe.height = 1;
  const context = probe.getContext("2d", { willReadFrequently: true });
  let handle = 0;
  const giveUpAt = performance.now() + GIVE_UP_MS;
  const look = () => {
    if (performance.now() > giveUpAt) {
      painted(false);
      return;
    }
    const canvas = screen.querySelector("canvas");
    if (context && canvas && canvas.width > 0 && canvas.height > 0 && hasPicture(context, canvas)) {
      // In the next frame the browser has put it on the screen.
      handle = requestAnimationFrame(() => painted(true));
      return;
    }
    handle = requestAnimationFrame(look);
  };
  handle = requestAnimationFrame(look);
  return () => cancelAnimationFrame(handle);
}

function hasPicture(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement): boolean {
  context.clearRect(0, 0, 2, 1);
  context.drawImage(canvas, 0, 0, 1, 1, 0, 0, 1, 1);
  context.drawImage(canvas, canvas.width >> 1, canvas.height >> 1, 1, 1, 1, 0, 1, 1);
  const { data } = context.getImageData(0, 0, 2, 1);
  return data[3] === 255 || data[7] === 255;
}
