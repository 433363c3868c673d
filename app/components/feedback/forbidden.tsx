import { Lock } from "lucide-react";
import { ButtonLink } from "../controls/button";
import { PageBody } from "../shell/page-body";
import { PageHeader } from "../shell/page-header";
import { EmptyState } from "./empty-state";

/** A page that the person's role has no use for. Its data was not even asked for. */
export function Forbidden({ title, needs }: { title: string; needs: "operators" | "administrators" }) {
  return (
    <PageBody>
      <PageHeader title={title} />
      <EmptyState icon={<Lock aria-hidden />} title={`For ${needs}`} action={<ButtonLink href="/">Overview</ButtonLink>}>
        Your role may not see this page. An administrator can change your role under Users.
      </EmptyState>
    </PageBody>
  );
}
