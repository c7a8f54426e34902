import { useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useEffect, useState } from "react";
import type { Session } from "../api/answers.ts";
import { type ApiProblem, apiUrl, send } from "../api/client.ts";
import { Problem } from "../parts/answer.tsx";
import { Field } from "../parts/field.tsx";
import { Note } from "../parts/status.tsx";
import { navigate, useSearch } from "../router/location.ts";
import { tokenOfLink, wantedPlace } from "./wanted-place.ts";

/** Logging in with a password or at a provider of identities; the first time, making the first admin. */
export function LoginPage({ session: { login } }: { readonly session: Session }) {
  const client = useQueryClient();
  const [search] = useSearch();
  const [values, setValues] = useState({ user: "", password: "", token: tokenOfLink() });
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  useEffect(() => {
    document.title = "Log in · Throughline";
  }, []);
  const { setup, password, oidc } = login;
  const enter = async (): Promise<void> => {
    setProblem(null);
    const { token, ...own } = values;
    try {
      const session = setup
        ? await send("POST", "/session/setup", { body: { ...own, token } })
        : await send("POST", "/session", { body: own });
      const next = wantedPlace();
      // All that somebody else saw; the session itself is looked at, and would not be seen to change if it were taken away.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "/session" });
      client.setQueryData(["/session", null, null], session);
      navigate(next, { replace: true });
    } catch (error) {
      setProblem(error as ApiProblem);
    }
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void enter();
  };
  const refused = search.get("problem");
  return (
    <main className="gate">
      <h1>
        <img src="/mark.svg" alt="" /> Throughline
      </h1>
      {setup && (
        <Note tone="calm">
          <p>Nobody has an account yet. The token that the control plane printed when it started makes the first admin.</p>
        </Note>
      )}
      {refused !== null && (
        <Note tone="bad">
          <p>
            The provider of identities did not let you in: <code>{refused}</code>. The log of the control plane tells why.
          </p>
        </Note>
      )}
      {password && (
        <form className="stack" onSubmit={onSubmit}>
          {setup && <Entry label="Token" name="token" type="text" values={values} set={setValues} auto="off" />}
          <Entry label="Name" name="user" type="text" values={values} set={setValues} auto="username" />
          <Entry
            label="Password"
            name="password"
            type="password"
            values={values}
            set={setValues}
            auto={setup ? "new-password" : "current-password"}
          />
          {problem !== null && <Problem of={problem} />}
          <button type="submit" className="button main-action">
            {setup ? "Make the first admin" : "Log in"}
          </button>
        </form>
      )}
      {oidc && (
        <a className="button" href={apiUrl("/session/oidc", { query: { next: wantedPlace() } })}>
          Log in with your company's account
        </a>
      )}
    </main>
  );
}

interface Values {
  readonly user: string;
  readonly password: string;
  readonly token: string;
}
interface EntryProps {
  readonly label: string;
  readonly name: keyof Values;
  readonly type: "text" | "password";
  readonly values: Values;
  readonly set: (values: Values) => void;
  readonly auto: string;
}

const Entry = ({ label, name, type, values, set, auto }: EntryProps) => (
  <Field label={label}>
    <input
      className="input"
      type={type}
      value={values[name]}
      autoComplete={auto}
      required
      spellCheck={false}
      onChange={({ target }) => set({ ...values, [name]: target.value })}
    />
  </Field>
);
