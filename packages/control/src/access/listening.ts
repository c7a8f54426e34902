import { lookup } from "node:dns/promises";
import { BlockList, isIP, isIPv4 } from "node:net";
import { controlError } from "../errors/catalogue.ts";
import { bareHost, isLoopback } from "./hosts.ts";

export interface ListeningOptions {
  readonly host: string;
  readonly mode: "open" | "login";
  /** Where people reach it, through a proxy or without. */
  readonly publicUrl: URL | null;
  /** What a name means on this machine: its addresses. Default: what the system says. */
  readonly addressesOf?: (name: string) => Promise<readonly string[]>;
}

/** Of a name that means nothing here, listening tells. */
const bySystem = async (name: string): Promise<string[]> =>
  (await lookup(name, { all: true }).catch(() => [])).map(({ address }) => address);

/**
 * Refuses to listen where others come in without a login, and where nobody said by which name they come: Host and Origin are held
 * against it, and cookies are marked by it.
 * @throws CONTROL_LOGIN_NEEDED, CONTROL_PUBLIC_URL_NEEDED
 */
export async function refuseOpenDoors({ host, mode, publicUrl, addressesOf = bySystem }: ListeningOptions): Promise<void> {
  const name = host.toLowerCase();
  if (isLoopback(name)) {
    // A line in a hosts file, or a resolver, can make "localhost" mean anything.
    const elsewhere =
      mode === "open" && isIP(name) === 0 ? (await addressesOf(name)).find((address) => !isLoopback(address)) : undefined;
    if (elsewhere !== undefined) throw controlError("CONTROL_LOGIN_NEEDED", { where: `${host}, which is ${elsewhere} here,` });
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

/** Names that mean several networks at once. */
const namedNetworks: ReadonlySet<string> = new Set(["loopback", "linklocal", "uniquelocal"]);

/** Refuses what names no proxy's address, and what would let anybody say where they come from. @throws CONTROL_PROXY_INVALID */
export function refuseProxyProblems(proxies: readonly string[]): void {
  for (const given of proxies) {
    const why = proxyProblem(given);
    if (why !== null) throw controlError("CONTROL_PROXY_INVALID", { given, why });
  }
}

function proxyProblem(given: string): string | null {
  if (namedNetworks.has(given)) return null;
  const [address = "", bits, more] = given.split("/");
  const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && more === undefined);
  if (isIP(address) === 0 || !isNetwork) return "it is no address and no network";
  try {
    new BlockList().addSubnet(address, Number(bits ?? 32), isIPv4(address) ? "ipv4" : "ipv6");
  } catch {
    return "there is no network of so many bits";
  }
  return bits === "0" ? "it is everybody" : null;
}
