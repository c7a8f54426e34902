import { controlError } from "../errors/catalogue.ts";
import { bareHost, isLoopback } from "./hosts.ts";

export interface ListeningOptions {
  readonly host: string;
  readonly mode: "open" | "login";
  /** Where people reach it, through a proxy or without. */
  readonly publicUrl: URL | null;
}

/**
 * Refuses to listen where others come in without a login, and where nobody said by which name they come: Host and Origin are held
 * against it, and cookies are marked by it.
 * @throws CONTROL_LOGIN_NEEDED, CONTROL_PUBLIC_URL_NEEDED
 */
export function refuseOpenDoors({ host, mode, publicUrl }: ListeningOptions): void {
  if (isLoopback(host.toLowerCase())) {
    // A proxy before it would bring others in as if they sat at this machine.
    if (mode === "open" && publicUrl !== null && !isLoopback(bareHost(publicUrl)))
      throw controlError("CONTROL_LOGIN_NEEDED", { where: publicUrl.origin });
    return;
  }
  if (mode === "open") throw controlError("CONTROL_LOGIN_NEEDED", { where: host });
  if (publicUrl === null) throw controlError("CONTROL_PUBLIC_URL_NEEDED", { host });
}

/** @throws CONTROL_PUBLIC_URL_INVALID */
export function publicUrlOf(given: string | undefined): URL | null {
  if (given === undefined) return null;
  const url = URL.canParse(given) ? new URL(given) : null;
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "" && url.hash === "";
  if (!isOrigin || url.username !== "" || url.password !== "") throw controlError("CONTROL_PUBLIC_URL_INVALID", { given });
  return url;
}
