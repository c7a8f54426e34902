import { useQueryClient } from "@tanstack/react-query";
import { send } from "../api/client.ts";
import { Button } from "../parts/button.tsx";
import { useSession } from "./use-session.tsx";

/** Who is logged in, and the way out. */
export function Account() {
  const client = useQueryClient();
  const session = useSession();
  if (session?.actor == null) return null;
  const { name, role, kind } = session.actor;
  const leave = async (): Promise<void> => {
    await send("DELETE", "/session");
    client.clear();
    globalThis.location.assign("/");
  };
  return (
    <div>
      <div>
        {name}, {role}
      </div>
      {kind === "local" ? (
        <div>on this machine, without login</div>
      ) : (
        <Button kind="quiet" onPress={() => void leave()}>
          Log out
        </Button>
      )}
    </div>
  );
}
