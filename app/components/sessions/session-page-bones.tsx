import { Bone } from "../feedback/skeleton";

/** The bar and the place of the desktop. */
export function SessionPageBones() {
  return (
    <output aria-label="Loading" className="flex h-[calc(100dvh-3.5rem)] flex-col md:h-dvh">
      <span className="flex h-11 items-center gap-4 border-b border-line bg-surface px-3">
        <Bone className="h-3 w-48" />
        <Bone className="h-3 w-20" />
      </span>
      <span className="flex flex-1 items-center justify-center bg-canvas p-4">
        <Bone className="h-48 w-full max-w-md rounded-xl" />
      </span>
    </output>
  );
}
