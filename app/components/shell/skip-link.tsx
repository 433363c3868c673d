export function SkipLink() {
  return (
    <a
      href="#content"
      className="sr-only rounded-md bg-solid px-3 py-2 text-on-solid focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-60"
    >
      Skip to the content
    </a>
  );
}
