import { type SubmitEvent, useState } from "react";
import { navigate, usePath } from "../router/location.ts";
import { paths } from "../router/paths.ts";

const searchPage = "/search";

/** One box for what is in somebody's hand: an order's number, an event's id, a correlation id. */
export function SearchBox() {
  const [text, setText] = useState("");
  const path = usePath();
  const [last, setLast] = useState(path);
  if (last !== path) {
    setLast(path);
    // What was looked for is found, or given up: over another page it would read as its filter.
    if (last === searchPage) setText("");
  }
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
      <kbd aria-hidden="true">{text.trim() === "" ? "/" : "Enter"}</kbd>
    </form>
  );
}
