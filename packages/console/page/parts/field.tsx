import type { ReactNode } from "react";

interface FieldProps {
  readonly label: string;
  readonly children: ReactNode;
}

export const Field = ({ label, children }: FieldProps) => (
  <label className="field">
    <span>{label}</span>
    {children}
  </label>
);

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
}

export const TextField = ({ label, value, onChange, placeholder }: TextFieldProps) => (
  <Field label={label}>
    <input
      className="input"
      value={value}
      placeholder={placeholder}
      onChange={({ target }) => onChange(target.value)}
      autoComplete="off"
      spellCheck={false}
    />
  </Field>
);

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: Readonly<Record<T, string>>;
  readonly onChange: (value: T) => void;
}

export const Choice = <T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) => (
  <Field label={label}>
    <select className="input" value={value} onChange={({ target }) => onChange(target.value as T)}>
      {Object.entries<string>(choices).map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </select>
  </Field>
);

interface PasswordFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly auto: "current-password" | "new-password";
}

export const PasswordField = ({ label, value, onChange, auto }: PasswordFieldProps) => (
  <Field label={label}>
    <input
      className="input"
      type="password"
      value={value}
      autoComplete={auto}
      onChange={({ target }) => onChange(target.value)}
    />
  </Field>
);
