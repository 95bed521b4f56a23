// What a link says of a lesson, carried out: a title and a sentence for the class, settings and what else
// stands open, an experiment to start; and what of the link was not understood.
import { make } from "../shared/draw.js";
import { emit, page } from "../shared/page.js";
import { isPresented } from "../shared/present.js";
import { openTab } from "../shared/tabs.js";
import { EXPERIMENTS } from "./experiments.js";
import { isStep, plain, readLesson } from "./link.js";

const MOST_TOLD = 60; // letters of what was not understood

export class LessonCard {
  card = null;

  constructor(lab) {
    this.lab = lab;
  }

  show(hash) {
    const odd = this.lab.setup.fromAddress(hash);
    const lesson = readLesson(hash);
    this.lab.setup.frame(lesson.frames);
    this.draw(lesson, [...odd, ...lesson.odd]);
    if (lesson.open && !isPresented()) this.open(lesson.open);
  }

  draw({ title, sentence, experiment }, odd) {
    this.card?.remove();
    const heading = title && make("h2", { textContent: title, dir: "auto" });
    const words = [
      sentence && make("p", { textContent: sentence, dir: "auto" }),
      experiment && this.offer(experiment),
      odd.length && make("p", { className: "odd", role: "status", textContent: wordsOf(odd) }),
    ].filter(Boolean);
    if (!heading && !words.length) return;
    const parts = [heading, make("div", {}, ...words)].filter(Boolean);
    this.card = make("section", { id: "lesson", aria: { label: title ? "Lesson" : "Link" } }, ...parts);
    document.querySelector("#columns").prepend(this.card);
    if (heading) new ResizeObserver(() => tellHeight(heading)).observe(heading);
  }

  // At a press, never by itself: the sentence is read first, and thirty who open a link don't all train at once.
  offer(name) {
    const button = make("button", { type: "button", textContent: `Start: ${EXPERIMENTS[name].title}` });
    button.addEventListener("click", async () => {
      const { lesson } = this.lab;
      button.disabled = true; // a second press would end what the first began
      openTab(0);
      await lesson.begin(name);
      lesson.words.scrollIntoView({ block: "center" });
      button.disabled = false;
    });
    return button;
  }

  open(place) {
    if (isStep(place)) {
      page.step = place;
      emit("mnist:step");
    }
    openTab(place === "train" ? 0 : 1);
  }
}

// For the style sheet: the heading stays in sight above what it is about.
function tellHeight({ offsetHeight }) {
  document.documentElement.style.setProperty("--lesson-height", `${offsetHeight}px`);
}

function wordsOf(odd) {
  const names = plain([...new Set(odd)].join(", ").slice(0, 1000), MOST_TOLD);
  return `The link says something that this page does not understand or has no room for (${names}). The usual stands there instead.`;
}
