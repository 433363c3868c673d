import Link from "next/link";

/** The session's name in a list. The link is as large as its row or card, whose `relative` it is laid out by; `className` is of that area. */
export function SessionLink({ session, className = "" }: { session: { id: string; name: string }; className?: string }) {
  return (
    <Link
      href={`/sessions/${session.id}`}
      title={session.name}
      data-row-link
      className={`block truncate rounded font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent ${className}`}
    >
      {session.name}
    </Link>
  );
}
