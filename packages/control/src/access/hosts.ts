import { BlockList, isIP, isIPv4 } from "node:net";

/** The name in a Host header, or in a URL: without its port, in small letters, IPv6 without brackets. Null: it is none. */
export function hostName(host: string): string | null {
  const match = /^(?:\[([\da-f:.]+)\]|([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?))(?::\d{1,5})?$/i.exec(host);
  const name = match?.[1] ?? match?.[2];
  return name === undefined || (match?.[1] !== undefined && isIP(name) !== 6) ? null : name.toLowerCase();
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether a name or address can only mean this machine, in whichever way an address is written: `::ffff:7f00:1` is 127.0.0.1, too. */
export const isLoopback = (name: string): boolean =>
  name === "localhost" || (isAddress(name) && loopback.check(name, isIPv4(name) ? "ipv4" : "ipv6"));

export const isAddress = (name: string): boolean => isIP(name) !== 0;

/** Of a URL, without the brackets of IPv6. */
export const bareHost = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");
