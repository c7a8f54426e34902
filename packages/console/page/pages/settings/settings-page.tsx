import { Page } from "../../parts/page.tsx";
import { useActor, useWhyNotAdmin } from "../../session/use-session.tsx";
import { Note } from "../../parts/status.tsx";
import { OwnPassword } from "./own-password.tsx";
import { sayGrants } from "./say-grants.ts";
import { Sessions } from "./sessions.tsx";
import { Tokens } from "./tokens.tsx";
import { Users } from "./users.tsx";

/** Who may do what. */
export function SettingsPage() {
  const actor = useActor();
  const whyNot = useWhyNotAdmin();
  return (
    <Page
      byTenant="settings are of no tenant."
      title="Settings"
      say={actor && `You are ${actor.name}: ${sayGrants(actor.grants)}.`}
      actions={actor?.kind === "user" && <OwnPassword />}
    >
      <Sessions />
      {whyNot === null ? (
        <>
          <Users />
          <Tokens />
        </>
      ) : (
        <Note tone="calm">
          <p>Users and tokens are not shown: {whyNot}</p>
        </Note>
      )}
    </Page>
  );
}
