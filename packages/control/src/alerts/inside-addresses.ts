import { BlockList, isIP } from "node:net";

/**
 * What no stranger may have the control plane ask: this machine, its networks, and what stands for neither.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/ and …/iana-ipv6-special-registry/
 */
const insideRanges: readonly (readonly [net: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  // Unspecified, loopback, and what is written as IPv4 in IPv6 in ways that nobody needs.
  ["::", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  // Teredo, ORCHID, benchmarks and documentation.
  ["2001::", 23],
  ["2001:db8::", 32],
  ["3fff::", 20],
  ["5f00::", 16],
  // Unique local (fd00:ec2::254 is a cloud's metadata), link-local, site-local, multicast.
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

const inside = new BlockList();
for (const [net, prefix] of insideRanges) inside.addSubnet(net, prefix, net.includes(":") ? "ipv6" : "ipv4");

/**
 * Whether an IP address is one of the inside: loopback, link-local (where clouds answer for their machines), private, reserved. An IPv6
 * address that carries an IPv4 one is as much inside as that: mapped, which `BlockList` sees by itself, NAT64, and 6to4. What is no address
 * counts as inside.
 */
export function isInsideAddress(address: string): boolean {
  const [bare = ""] = address.split("%");
  const family = isIP(bare);
  if (family === 0) return true;
  if (family === 4) return inside.check(bare, "ipv4");
  const words = wordsOf(bare);
  const last = dotted(words[6]!, words[7]!);
  if (words[0] === 0x64 && words[1] === 0xff9b && words.slice(2, 6).every((word) => word === 0)) return isInsideAddress(last);
  if (words[0] === 0x2002) return isInsideAddress(dotted(words[1]!, words[2]!));
  return inside.check(bare, "ipv6");
}

/** The eight words of a valid IPv6 address. */
function wordsOf(address: string): number[] {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) => {
    const [high, low] = [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)];
    return `${high.toString(16)}:${low.toString(16)}`;
  });
  const parse = (part: string | undefined): number[] =>
    part === undefined || part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const [head, tail] = plain.split("::");
  const [before, after] = [parse(head), parse(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

const dotted = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
