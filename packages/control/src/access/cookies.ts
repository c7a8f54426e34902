/** The value of a cookie; null where there is none, or more than one: then somebody else set one, too. */
export function cookieIn(header: string | undefined, name: string): string | null {
  const found = (header ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  return found.length === 1 ? found[0]! : null;
}

export interface CookieOptions {
  /** Seconds; 0 removes it. */
  readonly maxAgeS: number;
  readonly isHttps: boolean;
  /** `Lax` also goes along when another site sends the browser here. */
  readonly sameSite: "Strict" | "Lax";
}

/** With https its name keeps every other host from setting it (RFC 6265bis, 4.1.3.2). */
export const cookieName = (name: string, isHttps: boolean): string => (isHttps ? `__Host-${name}` : name);

export function setCookie(name: string, value: string, { maxAgeS, isHttps, sameSite }: CookieOptions): string {
  const secure = isHttps ? "; Secure" : "";
  return `${cookieName(name, isHttps)}=${value}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${maxAgeS}${secure}`;
}
