import type { SessionPolicy } from "@berth/protocol/session-policy";
import { sessionPolicyFields } from "@berth/protocol/session-policy-fields";
import { CheckField } from "../controls/check-field";
import { policyWords } from "../templates/policy-words";

interface PolicyChoiceProps {
  policy: SessionPolicy;
  /** What the template allows: no more can be chosen. */
  ceiling: SessionPolicy;
  disabled?: boolean;
  onChange: (field: keyof SessionPolicy, allowed: boolean) => void;
}

/** What the screen of a session lets through. */
export function PolicyChoice({ policy, ceiling, disabled = false, onChange }: PolicyChoiceProps) {
  return (
    <div className="flex flex-col gap-2.5">
      {sessionPolicyFields.map((field) => (
        <CheckField
          key={field}
          label={policyWords[field]}
          checked={policy[field]}
          disabled={disabled || (!ceiling[field] && !policy[field])}
          hint={ceiling[field] ? undefined : "The template does not allow it."}
          onChange={(allowed) => onChange(field, allowed)}
        />
      ))}
    </div>
  );
}
