// Before anything is drawn: the theme that was chosen here, so that nothing flashes. No theme chosen: the system's.
try {
  const chosen = localStorage.getItem("throughline.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing has the system's theme.
}
