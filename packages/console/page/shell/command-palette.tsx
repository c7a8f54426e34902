import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { navigate } from "../router/location.ts";
import { paths } from "../router/paths.ts";
import { places } from "./places.ts";

interface Choice {
  readonly name: string;
  readonly hint: string;
  readonly act: () => void;
}

/** Goes anywhere by a few letters: places, and what was typed as an id or a subject. */
export function CommandPalette({ onClose, openTenant }: { readonly onClose: () => void; readonly openTenant: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const choices = choicesFor(text.trim(), openTenant);
  const chosen = Math.min(at, choices.length - 1);
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);

  const take = (choice: Choice | undefined): void => {
    dialog.current?.close();
    choice?.act();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "Enter") take(choices[chosen]);
    else if (event.key === "ArrowDown") setAt((chosen + 1) % Math.max(1, choices.length));
    else if (event.key === "ArrowUp") setAt((chosen + choices.length - 1) % Math.max(1, choices.length));
    else return;
    event.preventDefault();
  };

  return (
    <dialog ref={dialog} className="palette" aria-label="Go to" onClose={onClose}>
      <input
        role="combobox"
        aria-label="Where to"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={choices.length === 0 ? undefined : `${list}-${chosen}`}
        placeholder="A page, an order, an event id …"
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setAt(0);
        }}
        onKeyDown={press}
        autoComplete="off"
        spellCheck={false}
        autoFocus
      />
      <ul id={list} role="listbox" aria-label="Where to">
        {choices.map((choice, index) => (
          <li
            key={choice.name + choice.hint}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onMouseMove={() => setAt(index)}
            onClick={() => take(choice)}
          >
            <span>{choice.name}</span>
            <span className="soft">{choice.hint}</span>
          </li>
        ))}
      </ul>
    </dialog>
  );
}

function choicesFor(text: string, openTenant: () => void): Choice[] {
  const wanted = text.toLowerCase();
  const found = places
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .map(({ name, to, key }) => ({ name, hint: `g ${key}`, act: () => navigate(to) }));
  const tenant = { name: "Only one tenant", hint: "t", act: openTenant };
  if (text === "") return [...found, tenant];
  return [
    ...found,
    ...(tenant.name.toLowerCase().includes(wanted) ? [tenant] : []),
    { name: `Search “${text}”`, hint: "everywhere", act: () => navigate(paths.search(text)) },
    { name: `The flow of “${text}”`, hint: "subject or id", act: () => navigate(paths.flows({ q: text })) },
    { name: `Only the tenant “${text}”`, hint: "on every page", act: () => navigate(hereWith(text)) },
    { name: `Failures that say “${text}”`, hint: "error text", act: () => navigate(paths.failures({ view: "list", text })) },
  ];
}

/** The page that one looks at, for one tenant. */
const hereWith = (tenant: string): string => {
  const search = new URLSearchParams(location.search);
  search.set("tenant", tenant);
  search.delete("cursor");
  return `${location.pathname}?${search}`;
};
