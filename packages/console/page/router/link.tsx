import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { withKept } from "./kept.ts";
import { navigate, useSearchText } from "./location.ts";

/** A link to an address of this page, which opens without loading it again; with a key or the middle button as links do. */
export function Link({ to, ...rest }: { readonly to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const address = withKept(to, useSearchText());
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return <a href={address} onClick={follow} {...rest} />;
}
