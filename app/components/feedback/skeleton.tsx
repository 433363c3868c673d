/** A bar of a page to come. It has the size of what it stands for, so that nothing moves when that arrives. */
export function Bone({ className = "" }: { className?: string }) {
  return <span aria-hidden className={`block animate-breathe rounded bg-sunken ${className}`} />;
}

/** Rows of a table to come. */
export function RowBones({ rows = 6 }: { rows?: number }) {
  return (
    <output aria-label="Loading" className="block divide-y divide-line rounded-lg border border-line bg-surface">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: these rows have nothing else
        <span key={row} className="flex h-14 items-center gap-4 px-4">
          <Bone className="size-8" />
          <span className="flex flex-1 flex-col gap-2">
            <Bone className="h-3 w-40 max-w-full" />
            <Bone className="h-2.5 w-24" />
          </span>
          <Bone className="hidden h-3 w-28 md:block" />
          <Bone className="hidden h-3 w-20 md:block" />
        </span>
      ))}
    </output>
  );
}

/** Cards to come. */
export function CardBones({ cards = 6 }: { cards?: number }) {
  return (
    <output aria-label="Loading" className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3">
      {Array.from({ length: cards }, (_, card) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: these cards have nothing else
        <span key={card} className="flex h-44 flex-col gap-3 rounded-lg border border-line bg-surface p-4">
          <Bone className="size-9" />
          <Bone className="h-3.5 w-36" />
          <Bone className="h-3 w-full" />
          <Bone className="h-3 w-2/3" />
        </span>
      ))}
    </output>
  );
}

/** A list's search and filters to come. */
export function ToolbarBones() {
  return (
    <div className="-mb-2 flex gap-3">
      <Bone className="h-9 w-full sm:w-64" />
      <Bone className="hidden h-9 w-72 sm:block" />
    </div>
  );
}

/** A page to come: its title and whatever fills it. */
export function PageBones({ children }: { children: React.ReactNode }) {
  return (
    <div className="flex flex-col gap-6">
      <div className="flex h-14 flex-col justify-end gap-2">
        <Bone className="h-3 w-24" />
        <Bone className="h-6 w-48" />
      </div>
      {children}
    </div>
  );
}
