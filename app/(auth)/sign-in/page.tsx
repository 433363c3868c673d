import { Anchor } from "lucide-react";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { safeNextPath } from "../../account/next-path";
import { currentUser, oidcOffered } from "../../server-caller";
import { SignInForm } from "./sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

interface Props {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function SignInPage({ searchParams }: Props) {
  const { next, callbackUrl, error } = await searchParams;
  const target = safeNextPath(typeof next === "string" ? next : typeof callbackUrl === "string" ? callbackUrl : undefined);
  if (await currentUser()) redirect(target);
  return (
    <main className="flex min-h-dvh items-center justify-center px-4 py-12">
      <div className="flex w-full max-w-sm flex-col gap-8">
        <div className="flex flex-col gap-3">
          <Anchor aria-hidden className="size-7 text-accent" />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">Sign in to Berth</h1>
            <p className="mt-1 text-ink-soft">Your desktops and apps, wherever you are.</p>
          </div>
        </div>
        <SignInForm next={target} oidc={oidcOffered()} error={typeof error === "string" ? error : null} />
      </div>
    </main>
  );
}
