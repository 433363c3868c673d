import { TextField } from "../controls/field";

interface RegistryFieldsProps {
  readonly username: string;
  readonly password: string;
  readonly onUsername: (text: string) => void;
  readonly onPassword: (text: string) => void;
  readonly problem?: string | undefined;
}

/** Not filled in by the browser, nor kept by it. */
export function RegistryFields({ username, password, onUsername, onPassword, problem }: RegistryFieldsProps) {
  return (
    <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
      <TextField
        label="Registry’s user name"
        aside="optional"
        value={username}
        onChange={({ target }) => onUsername(target.value)}
        problem={problem}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={1000}
      />
      <TextField
        label="Registry’s password or token"
        aside="optional"
        type="password"
        value={password}
        onChange={({ target }) => onPassword(target.value)}
        autoComplete="new-password"
        maxLength={4096}
        hint="Kept encrypted until the task ends, then gone. Nobody can read it again."
      />
    </div>
  );
}
