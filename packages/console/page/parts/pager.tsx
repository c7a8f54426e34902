import { navigate, useSearch } from "../router/location.ts";
import { Button } from "./button.tsx";

/** To the page after, and back to the first: the cursor stands in the address. */
export function Pager({ next }: { readonly next: string | null }) {
  const [search] = useSearch();
  const isFirst = !search.has("cursor");
  if (isFirst && next === null) return null;
  const go = (cursor: string | null): void => {
    const query = new URLSearchParams(search);
    if (cursor === null) query.delete("cursor");
    else query.set("cursor", cursor);
    navigate(`${location.pathname}?${query}`);
  };
  return (
    <nav className="row" aria-label="More of the list">
      <Button onPress={() => go(null)} whyNot={isFirst ? "This is the beginning." : null}>
        To the beginning
      </Button>
      <Button onPress={() => go(next)} whyNot={next === null ? "This is the end." : null}>
        More
      </Button>
    </nav>
  );
}
