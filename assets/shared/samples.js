// A digit of each kind, in the pad's box of 1000 × 1000, drawn with arcs and lines.
import { make } from "./draw.js";
import { page } from "./page.js";

const arc = (x, y, rx, ry, from, to, count = 24) =>
  Array.from({ length: count + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / count) * Math.PI) / 180;
    return [Math.round(x + rx * Math.cos(angle)), Math.round(y + ry * Math.sin(angle))];
  });

export const SAMPLES = [
  [arc(500, 500, 190, 300, -80, 285, 36)],
  [[[430, 300], [520, 210], [510, 500], [500, 800]]],
  [[...arc(500, 350, 180, 150, -165, 30), [560, 520], [440, 650], [320, 780], [520, 775], [700, 780]]],
  [[...arc(480, 350, 160, 140, -150, 80), ...arc(480, 640, 190, 160, -80, 150)]],
  [[[420, 200], [370, 380], [330, 540], [500, 545], [700, 535]], [[610, 230], [590, 500], [575, 810]]],
  [[[670, 220], [520, 225], [390, 225], [375, 340], [360, 450], ...arc(470, 590, 190, 180, -110, 140)]],
  [[[600, 190], [480, 310], [390, 470], ...arc(500, 640, 150, 150, -175, 185)]],
  [[[300, 240], [480, 230], [690, 225], [600, 420], [520, 600], [450, 800]]],
  [[...arc(500, 350, 135, 140, -60, -270), ...arc(500, 650, 165, 160, -90, 180), ...arc(500, 650, 165, 160, 180, 270), ...arc(500, 350, 135, 140, 90, -40)]],
  [[...arc(500, 370, 150, 150, -20, -340), [645, 420], [625, 600], [590, 810]]],
];

// Each time another digit.
let next = 3;
export function drawSample() {
  page.setStrokes(SAMPLES[next]);
  next = (next + 7) % 10;
}

// A button for each digit, which draws it on the pad.
export function addSamples(group) {
  SAMPLES.forEach((strokes, digit) => {
    const button = make("button", { type: "button", textContent: String(digit), title: `Draw a ${digit}`, aria: { label: `Sample ${digit}` }, translate: false });
    button.addEventListener("click", () => page.setStrokes(strokes));
    group.append(button);
  });
}
