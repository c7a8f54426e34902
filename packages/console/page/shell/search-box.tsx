import { type SubmitEvent, useState } from "react";
import { navigate } from "../router/location.ts";
import { paths } from "../router/paths.ts";

/** One box for what is in somebody's hand: an order's number, an event's id, a correlation id. */
export function SearchBox() {
  const [text, setText] = useState("");
  const search = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() !== "") navigate(paths.flows({ q: text.trim() }));
  };
  return (
    <form role="search" onSubmit={search}>
      <input
        className="input"
        data-search
        aria-label="Search by subject, event id or correlation id"
        placeholder="Order, event id, correlation id"
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
