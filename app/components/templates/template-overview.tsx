import { labelsText } from "../../format/label-words";
import { cpuWords, durationWords, memoryWords } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { Badge } from "../data/badge";
import { CopyText } from "../data/copy-text";
import { Fact, Facts } from "../data/facts";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { TemplateIcon } from "./template-icon";

const hibernations = { stop: "stopping it; its home stays", freeze: "freezing it; its memory stays" } as const;

/** What a session of it is, and gets. `staff` sees its variables too. */
export function TemplateOverview({ template, staff }: { template: Outputs["templates"]["get"]; staff: boolean }) {
  const { display } = template;
  const variables = Object.entries(template.environment);
  return (
    <>
      <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
        <Panel title="What it is">
          <Card className="flex flex-col gap-4 p-4">
            <div className="flex min-w-0 items-center gap-3">
              <TemplateIcon icon={template.icon} />
              <div className="min-w-0">
                <p className="font-medium wrap-anywhere">{template.category}</p>
                <CopyText text={template.name} label="template name" />
              </div>
            </div>
            <Facts columns>
              <Fact name="Display">{display.protocol === "rfb" ? "Desktop (RFB)" : "Web app (HTTP)"}</Fact>
              <Fact name="Port">{display.port}</Fact>
              {display.protocol === "http" ? (
                <Fact name="Path">{display.path}</Fact>
              ) : (
                <Fact name="Resolution">{display.resolution ?? "the image’s"}</Fact>
              )}
              <Fact name="Security">
                <Badge tone={template.security === "compatible" ? "warning" : "plain"}>{template.security}</Badge>
              </Fact>
              <Fact name="Changed">
                <RelativeTime at={template.updatedAt} />
              </Fact>
              <Fact name="Ready within">{template.readyTimeoutSeconds} s</Fact>
            </Facts>
            <Facts>
              <Fact name="Image">
                <CopyText text={template.image} label="image" />
              </Fact>
              {template.tags.length > 0 ? (
                <Fact name="Tags">
                  <span className="flex flex-wrap gap-1">
                    {template.tags.map((tag) => (
                      <Badge key={tag}>{tag}</Badge>
                    ))}
                  </span>
                </Fact>
              ) : null}
            </Facts>
          </Card>
        </Panel>
        <Panel title="What a session gets">
          <Card className="p-4">
            <Facts columns>
              <Fact name="Memory">{memoryWords(template.defaultResources.memory)}</Fact>
              <Fact name="CPU">{cpuWords(template.defaultResources.cpu)}</Fact>
              <Fact name="Storage">
                {template.defaultResources.storage ? memoryWords(template.defaultResources.storage) : "not limited"}
              </Fact>
              <Fact name="Home">{template.persistentHome ? "kept" : "lost at its end"}</Fact>
              <Fact name="Home folder">
                <span className="font-mono text-xs">{template.homePath}</span>
              </Fact>
              <Fact name="Shared memory">{memoryWords(template.shmSize)}</Fact>
              <Fact name="Hibernates when idle">{durationWords(template.idleTimeout)}</Fact>
              <Fact name="Hibernates by">{hibernations[template.hibernateMode]}</Fact>
              {Object.keys(template.placement.labels).length > 0 ? (
                <Fact name="Agent labels">{labelsText(template.placement.labels)}</Fact>
              ) : null}
              {template.placement.capabilities.length > 0 ? (
                <Fact name="Agent capabilities">{template.placement.capabilities.join(", ")}</Fact>
              ) : null}
              {template.placement.strategy ? <Fact name="Placement">{template.placement.strategy}</Fact> : null}
              <Fact name="Processes at most">{template.pidsLimit.toLocaleString("en-GB")}</Fact>
            </Facts>
          </Card>
        </Panel>
      </div>
      {staff ? (
        <Panel title="Variables">
          {variables.length === 0 ? (
            <p className="text-ink-soft">None are set.</p>
          ) : (
            <Card className="p-4">
              <dl className="flex flex-col gap-2 font-mono text-xs">
                {variables.map(([name, value]) => (
                  <div key={name} className="grid grid-cols-1 gap-x-4 sm:grid-cols-[14rem_1fr]">
                    <dt className="text-ink-soft wrap-anywhere">{name}</dt>
                    <dd className="whitespace-pre-wrap wrap-anywhere">{value || "(empty)"}</dd>
                  </div>
                ))}
              </dl>
            </Card>
          )}
        </Panel>
      ) : null}
    </>
  );
}
