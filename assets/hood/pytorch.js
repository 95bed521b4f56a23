// Steps 5 and 9: the network and its training as PyTorch writes them; and the notebook to take along.
import { fillTable, write } from "../shared/draw.js";
import { grouped } from "../shared/numbers.js";
import { on, page } from "../shared/page.js";
import { save } from "../shared/save.js";

export function modulesStep(part) {
  return {
    render({ module, sequential, difference, parameters }) {
      write(part("module"), module);
      write(part("sequential"), sequential);
      part("same").textContent = `For your drawing their logits differ by ${difference}.`;
      fillTable(part("parameters"), parameters.map(([name, shape, count, follows]) =>
        [name, shape.join(" × "), grouped(count), follows ? "True" : "False"]));
    },
  };
}

// The lines that the notebook's loop prints, of a run's mean loss in each epoch.
export const lossLines = (losses) => losses.map((loss) => `Training loss: ${loss.toFixed(4)}`).join("\n");

export function loopStep(part, hood) {
  const run = part("", "[data-action=run]");
  run.addEventListener("click", async () => {
    await page.training?.start();
    show();
  });
  function show({ losses, active } = page.training?.newest() ?? { losses: [], active: false }) {
    write(part("setup"), page.training?.words() ?? "");
    write(part("output"), lossLines(losses));
    part("output").hidden = losses.length === 0;
    run.disabled = active;
    write(part("state"), page.training?.status() ?? "");
  }
  on(hood.element, "mnist:run", () => hood.isOpen("loop") && show());
  return { opened: () => show(), render() {} };
}

export function notebookButton(button, hood) {
  button.addEventListener("click", async () => {
    const answer = await hood.call("hood_notebook", { setup: page.training?.setup() });
    if (answer) save("digits.ipynb", new Blob([answer.text], { type: "application/x-ipynb+json" }));
  });
}
