import { cpuWords, memoryWords } from "../../format/quantity";
import { Badge } from "../data/badge";
import type { Content } from "./template-diff";
import { TemplateIcon } from "./template-icon";

/** What of a template a card shows. */
export type CardContent = Pick<
  Content,
  "icon" | "displayName" | "description" | "defaultResources" | "display" | "persistentHome" | "security"
>;

interface TemplateCardFaceProps {
  readonly template: CardContent & { readonly tried: boolean };
  /** By what stands above the cards. */
  readonly heading: "h2" | "h3";
  /** Something stands in the corner beside its name. */
  readonly aside?: boolean;
}

/** What a card says, without what it does: the editor shows it too. */
export function TemplateCardFace({ template, heading: Heading, aside = false }: TemplateCardFaceProps) {
  return (
    <>
      <div className={`flex items-start gap-3 ${aside ? "pr-8" : ""}`}>
        <TemplateIcon icon={template.icon} />
        <div className="min-w-0 flex-1">
          <Heading className="truncate font-medium" title={template.displayName}>
            {template.displayName}
          </Heading>
          <p className="tabular truncate text-sm text-ink-faint">
            {memoryWords(template.defaultResources.memory)} · {cpuWords(template.defaultResources.cpu)}
          </p>
        </div>
      </div>
      <p className="line-clamp-3 flex-1 text-sm text-ink-soft wrap-anywhere">{template.description}</p>
      <div className="flex flex-wrap gap-1">
        <Badge>{template.display.protocol === "http" ? "opens in a tab" : "desktop"}</Badge>
        {template.persistentHome ? <Badge>keeps its home</Badge> : null}
        {template.security === "compatible" ? (
          <Badge tone="warning" title="Runs with five capabilities and a writable root, for images that start as root">
            compatible mode
          </Badge>
        ) : null}
        {template.tried ? null : (
          <Badge tone="warning" title="A public image that was not tried with this version of Berth">
            not tried
          </Badge>
        )}
      </div>
    </>
  );
}
