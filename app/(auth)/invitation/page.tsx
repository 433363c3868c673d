import type { Metadata } from "next";
import { TrpcProviders } from "../../trpc/client";
import { SignInFrame } from "../sign-in-frame";
import { InvitationForm } from "./invitation-form";

export const metadata: Metadata = { title: "Choose a password" };

/** Of the link only the browser knows the token: it stands behind a `#`. */
export default function InvitationPage() {
  return (
    <SignInFrame title="Choose your password" lead="An administrator of this Berth made this link for you. It works once.">
      <TrpcProviders>
        <InvitationForm />
      </TrpcProviders>
    </SignInFrame>
  );
}
