import { useState } from "react";
import { Icon } from "../parts/icons.tsx";

const kept = "throughline.theme";

const isDark = (): boolean => {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
};

export function ThemeSwitch() {
  const [dark, setDark] = useState(isDark);
  const turn = (): void => {
    const theme = dark ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(kept, theme);
    setDark(!dark);
  };
  return (
    <button type="button" className="button quiet square" onClick={turn} aria-label={dark ? "Light theme" : "Dark theme"}>
      <Icon name={dark ? "sun" : "moon"} />
    </button>
  );
}
