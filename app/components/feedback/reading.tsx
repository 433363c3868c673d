"use client";
import type { ReactNode } from "react";
import { FailurePanel } from "./failure-panel";

interface ReadingProps<Data> {
  readonly query: {
    readonly data: Data | undefined;
    readonly isError: boolean;
    readonly error: unknown;
    readonly isFetching: boolean;
    readonly refetch: () => unknown;
  };
  /** What could not be done, when it fails: "The agent could not be read". */
  readonly title: string;
  /** What stands above the failure, such as the page's header. */
  readonly header?: ReactNode;
  /** What stands there meanwhile, of the same size. */
  readonly bones: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** What one reading fills: its bones while it is on its way, the failure with a way to try again, and then its data. */
export function Reading<Data>({ query, title, header, bones, children }: ReadingProps<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (!query.isError) {
    return (
      <output aria-label="Loading" className="flex flex-col gap-6">
        {bones}
      </output>
    );
  }
  return (
    <>
      {header}
      <FailurePanel error={query.error} title={title} onRetry={() => void query.refetch()} busy={query.isFetching} />
    </>
  );
}
