// Buttons in a grid as one stop for the Tab key, with arrows from there: there may be hundreds.

// From now on, `button` is where the Tab key stops in `grid`.
export function stopAt(grid, button) {
  for (const each of grid.querySelectorAll("[tabindex='0']")) each.tabIndex = -1;
  if (button) button.tabIndex = 0;
}

const leftOf = (button) => button.getBoundingClientRect().left;

function move(grid, event) {
  const buttons = [...grid.querySelectorAll("button")];
  const second = buttons.findIndex((each, i) => i > 0 && leftOf(each) <= leftOf(buttons[0])); // row's first
  const columns = second < 0 ? buttons.length : second;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const next = buttons[buttons.indexOf(event.target) + steps[event.key]];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

// Each of its buttons, those that come later too, is made with a tabIndex of -1.
export function asOneStop(grid) {
  grid.addEventListener("focusin", ({ target }) => stopAt(grid, target.closest("button")));
  grid.addEventListener("keydown", (event) => move(grid, event));
}
