// Stands in the page's head, before Gradio's own scripts. The clock of Gradio's loading screen asks for
// every next frame, and goes on for good when the screen has gone: an open page would take a twentieth of
// a core, and a phone's battery, for nothing. The clock keeps the function that it finds here when its
// script comes; once the pad has answered, that refuses the clock, and nobody else.
{
  const { requestAnimationFrame: real } = window;
  const isClock = () => new Error().stack?.includes("/statustracker-");
  let isLoading = true;
  window.requestAnimationFrame = (work) => (isLoading || !isClock() ? real(work) : 0);
  window.addEventListener("mnist:prediction", () => {
    isLoading = false;
  }, { once: true });
}
