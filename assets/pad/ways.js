// The ways in which a picture comes to the pad: chosen (or taken with a phone's camera), dropped, pasted.
import { isTyping } from "./keyboard.js";

const ADDRESS = "That is an address, not a picture. Save the picture first, then choose or drop its file.";
const NONE = "There is no picture in that.";
const MANY = "One picture at a time, please.";

// What a drop or the clipboard holds: {file}, or {error} where it is nothing to read; null for text.
export function pictureIn({ files, types }) {
  if (files.length > 1) return { error: MANY };
  if (files.length === 1) return { file: files[0] };
  if (types.includes("text/uri-list")) return { error: ADDRESS };
  return types.includes("Files") ? { error: NONE } : null;
}

const mayHold = ({ types }) => types.includes("Files") || types.includes("text/uri-list");

// take({file} or {error}) is told of each.
export function hearPictures(element, take) {
  const file = element.querySelector("input[type=file]");
  const highlight = (shown) => element.toggleAttribute("data-over", shown);

  element.querySelector("[data-choose]").addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    if (file.files.length) take({ file: file.files[0] });
    file.value = ""; // so that the same one may be chosen again
  });

  element.addEventListener("dragover", (event) => {
    if (!mayHold(event.dataTransfer)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    highlight(true);
  });
  element.addEventListener("dragleave", ({ relatedTarget }) => element.contains(relatedTarget) || highlight(false));
  element.addEventListener("drop", (event) => {
    highlight(false);
    const found = pictureIn(event.dataTransfer);
    if (!found) return;
    event.preventDefault();
    take(found);
  });

  // Dropped beside the pad, a file would take the place of the page.
  document.addEventListener("dragover", (event) => {
    if (event.defaultPrevented || !mayHold(event.dataTransfer) || isTyping(event.target)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });

  document.addEventListener("paste", (event) => {
    if (!element.isConnected || isTyping(event.target)) return;
    const found = pictureIn(event.clipboardData) ?? textIn(event.clipboardData);
    if (!found) return;
    event.preventDefault();
    take(found);
  });
}

function textIn(data) {
  const text = data.getData("text/plain").trim();
  if (!text) return null;
  return { error: /^(https?:|data:)\S+$/i.test(text) ? ADDRESS : NONE };
}
