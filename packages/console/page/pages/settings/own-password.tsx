import { useState } from "react";
import { send } from "../../api/client.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Button } from "../../parts/button.tsx";
import { PasswordField } from "../../parts/field.tsx";

export function OwnPassword() {
  const [isOpen, setOpen] = useState(false);
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  return (
    <>
      <Button onPress={() => setOpen(true)}>Change your password</Button>
      {isOpen && (
        <ActionDialog
          title="Change your password"
          reach={<p>Every other session of yours ends.</p>}
          confirm="Change it"
          whyNot={current === "" || password === "" ? "Fill in both." : null}
          act={async () => {
            await send("POST", "/session/password", { body: { current, password } });
            return <p>It is changed, and your other sessions have ended.</p>;
          }}
          onClose={() => setOpen(false)}
        >
          <PasswordField label="The one you have" value={current} onChange={setCurrent} auto="current-password" />
          <PasswordField label="The new one" value={password} onChange={setPassword} auto="new-password" />
        </ActionDialog>
      )}
    </>
  );
}
