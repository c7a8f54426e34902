import { type SubmitEvent, useState } from "react";
import { navigate } from "../router/location.ts";
import { paths } from "../router/paths.ts";

/** One box for what is in somebody's hand: an order's number, an event's id, a correlation id. */
export function SearchBox() {
  const [text, setText] = useState("");
  const search = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() !== "") navigate(paths.search(text.trim()));
  };
  return (
    <form role="search" onSubmit={search}>
      <input
        className="input"
        data-search
        aria-label="Search by an order, an id, a service or an error"
        placeholder="Order, id, service, error"
        value={text}
        onChange={({ target }) => setText(target.value)}
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="search"
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
