// What other tabs may know of the laboratory, and order there.
import { describe, isActive } from "./words.js";

export function trainingOf(lab) {
  const { setup, runs, status, orders } = lab;
  return {
    setup: () => setup.read(),
    words() {
      const values = setup.read();
      return setup.wrong(values) ?? describe({ setup: values, changed: {} }, setup.controls.presets);
    },
    status: () => status.line.textContent,
    newest() {
      const run = lab.current;
      return { losses: run ? runs.historyOf(run.id).losses : [], active: isActive(run) };
    },
    start: () => orders.start(false),
  };
}
