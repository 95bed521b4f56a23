// Opens the tab at a place, counted from 0, where it isn't open already.
export function openTab(at) {
  const tab = document.querySelectorAll("#tabs [role=tab]")[at];
  if (tab?.getAttribute("aria-selected") === "false") tab.click();
}
