// What the steps have in common.
import { make } from "../shared/draw.js";
import { drawSample } from "../shared/samples.js";

// A way out of an empty page, and the code behind a step.
export function addFrame(section, code) {
  const live = section.querySelector(".live");
  const title = live ? "The code that just ran" : "The code";
  if (live) live.before(wayOut());
  const shown = make("pre", { tabIndex: 0, role: "region", aria: { label: "The code of this step" } },
    make("code", { textContent: code, translate: false }));
  section.querySelector(".body").append(make("h4", { textContent: title }), shown);
}

function wayOut() {
  const sample = make("button", { type: "button", textContent: "Try a sample digit" });
  sample.addEventListener("click", drawSample);
  return make("div", { className: "empty row" },
    make("p", { textContent: "Draw a digit on the pad to see this step." }), sample);
}

// The ten digits to choose one from; returns their radio buttons.
export function addDigits(fieldset, name, onChoose) {
  return Array.from({ length: 10 }, (_, digit) => {
    const radio = make("input", { type: "radio", name, value: String(digit) });
    radio.addEventListener("change", () => onChoose(digit));
    fieldset.append(make("label", {}, radio, make("span", { textContent: String(digit), translate: false })));
    return radio;
  });
}
