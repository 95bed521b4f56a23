// The head of the page, with the ways into the tour and the presentation view.
import { Presentation, isPresented } from "./present.js";
import { explainTerms } from "./terms.js";
import { offerTour } from "./tour.js";

export function mount({ element }) {
  explainTerms(element);
  const button = (name) => element.querySelector(`[data-header=${name}]`);
  const isLesson = new URLSearchParams(location.hash.slice(1)).has("title");
  offerTour(button("tour"), { invites: !isLesson && !isPresented() });
  new Presentation(button("present"));
}
