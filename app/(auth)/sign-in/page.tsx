import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { safeNextPath } from "../../account/next-path";
import { currentUser, oidcOffered } from "../../server-caller";
import { SignInFrame } from "../sign-in-frame";
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
    <SignInFrame title="Sign in to Berth" lead="Your desktops and apps, wherever you are.">
      <SignInForm next={target} oidc={oidcOffered()} error={typeof error === "string" ? error : null} />
    </SignInFrame>
  );
}
