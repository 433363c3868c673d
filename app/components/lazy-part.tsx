"use client";
import { Component, type ComponentType, type ErrorInfo, lazy, type ReactNode, Suspense } from "react";
import { RefusedRequest } from "../errors/read-failure";
import { useHydrated } from "./controls/use-hydrated";
import { useToastsIfAny } from "./feedback/toasts";

type Load<Props> = () => Promise<ComponentType<Props>>;

/** The code of a part could not be had: the network is away, or the control plane is. */
class NotLoaded extends RefusedRequest {
  constructor(
    /** The next that is drawn asks anew. Not before this one is gone from the page, which would ask again and again otherwise. */
    readonly forget: () => void,
  ) {
    super("OFFLINE", "A part of this page could not be loaded. When the control plane answers again, try again or reload the page.");
  }
}

/** As `lazy`; where the code could not be had it can be asked for again. */
function fetched<Props extends object>(load: Load<Props>): ComponentType<Props> {
  const ask = () =>
    lazy(() =>
      load().then(
        (part) => ({ default: part }),
        () => {
          throw new NotLoaded(() => {
            Part = ask();
          });
        },
      ),
    );
  let Part = ask();
  return function Fetched(props: Props) {
    return <Part {...props} />;
  };
}

interface BoundaryProps {
  children: ReactNode;
  onFailed: (error: NotLoaded) => void;
}

/** Leaves out what could not be loaded, and the page as it is: a menu that can't open must not take the page with it. */
class LoadBoundary extends Component<BoundaryProps, { failure: unknown }> {
  override state: { failure: unknown } = { failure: null };

  static getDerivedStateFromError(failure: unknown) {
    return { failure };
  }

  override componentDidCatch(error: Error, _info: ErrorInfo) {
    if (!(error instanceof NotLoaded)) return;
    error.forget();
    this.props.onFailed(error);
  }

  override render() {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    if (failure instanceof NotLoaded) return null;
    throw failure;
  }
}

/** A component whose code comes when it is first drawn, with `loading` in its place till then. */
export function lazyPart<Props extends object>(load: Load<Props>, loading: ReactNode = null): ComponentType<Props> {
  const Part = fetched(load);
  return function LazyPart(props: Props) {
    const toasts = useToastsIfAny();
    return (
      <LoadBoundary onFailed={(error) => toasts?.failed("That did not open", error)}>
        <Suspense fallback={loading}>
          <Part {...props} />
        </Suspense>
      </LoadBoundary>
    );
  };
}

/** The same for what only a browser can draw, or nobody needs before the page answers: the server draws `loading`. */
export function lazyInBrowser<Props extends object>(load: Load<Props>, loading: ReactNode = null): ComponentType<Props> {
  const Part = lazyPart(load, loading);
  return function InBrowser(props: Props) {
    return useHydrated() ? <Part {...props} /> : loading;
  };
}

/** What a menu shows: till its code is there the menu is not, so that its first item gets the focus. `load` begins before it is drawn. */
export function lazyContent<Props extends object>(load: Load<Props>): ComponentType<Props> & { load: () => void } {
  return Object.assign(fetched(load), { load: () => void load().catch(() => {}) });
}
