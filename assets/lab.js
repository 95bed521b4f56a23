// The training laboratory: buttons, the status line, and following the run five times a second.
const mnist = window.mnist;
const root = element.querySelector(".lab");
const POLL_MS = 200;
const VIEWS_MS = 500;
const HEARD_MS = 5000;
const HERE_MS = 10_000; // without a training, this often the server hears that the page is open

const form = root.querySelector("form");
const setup = new SetupForm(form, props.controls);
const statusLine = root.querySelector("#status");
const announcement = root.querySelector(".announcement");
const figures = root.querySelector(".figures");
const bar = root.querySelector(".progress");
const results = root.querySelector(".results");
const slider = root.querySelector("#lab-moment");
const sliderWords = root.querySelector(".time output");
const orders = Object.fromEntries([...root.querySelectorAll("[data-order]")].map((each) => [each.dataset.order, each]));
const chart = new Chart(root.querySelector(".chart"));
const matrix = new Matrix(root, (truth, guess) => showMistakes(truth, guess));
const weights = new Weights(root);
const board = new Board(root.querySelector(".board"));

new Keeping(root, { server, controls: props.controls, setup, chart, newest: () => newest(), loaded });

const histories = new Map(); // run id -> {points, measures}
let runs = [];
let following = true; // the slider is at the newest weights
let timer;
let polling = false;
let busy = false; // an order is on its way
let viewing = false;
let viewsWanted = false;
let viewsAt = 0;
let lastVersion = "";
let token = null; // of the session followed; the goodbye can't wait for it
let hadModel = false;
let faultTold = false; // the status line tells what is wrong with the set-up
let forgotten = null; // id of the run that a reset takes away
let modelLoaded = false; // a model that the visitor brought along answers

const newest = () => runs.at(-1);
const moment = () => (following ? null : Number(slider.value));

// ── Following ────────────────────────────────────────────────────────────────────────────────
async function poll() {
  clearTimeout(timer);
  if (!element.isConnected) return;
  if (polling) {
    timer = setTimeout(poll, 50);
    return;
  }
  polling = true;
  try {
    // Another session counts its runs from 1 again.
    const current = await mnist.session();
    const renewed = current !== token;
    if (renewed) histories.clear();
    const moves = sliderMoves;
    const run = newest();
    const history = run && histories.get(run.id);
    const known = history && { run: run.id, points: history.points.length, measures: history.measures.length };
    const answer = await mnist.call(server, "lab_poll", { known, all: renewed, hidden: document.hidden });
    if (answer.ok) {
      const first = token === null;
      token = current;
      follow(answer, { first, settled: moves === sliderMoves && !showing });
    } else say(answer.error);
  } catch {
    if (isActive(newest())) say("The server is out of reach for the moment. Trying again.");
  } finally {
    polling = false;
  }
  timer = setTimeout(poll, isActive(newest()) ? POLL_MS : HERE_MS);
}

// first: since the page was opened. settled: the slider stands where the server was told that it stands.
function follow(answer, { first, settled }) {
  const before = newest();
  runs = answer.runs;
  const run = newest();
  if (before && !run) {
    say(before.id === forgotten ? "Reset: nothing has been learnt yet." : "The training is gone: the page was away, or the server began anew.");
  }
  if (run?.id !== forgotten) forgotten = null;
  for (const [id, history] of Object.entries(answer.history ?? {})) histories.set(Number(id), history);
  if (answer.fresh) {
    const { run: id, from, points, measures } = answer.fresh;
    const known = histories.get(id) ?? { points: [], measures: [] };
    histories.set(id, { points: [...known.points.slice(0, from[0]), ...points], measures: [...known.measures.slice(0, from[1]), ...measures] });
  }
  for (const id of histories.keys()) {
    if (!runs.some((each) => each.id === id)) histories.delete(id);
  }
  // The first time, the visitor has chosen already which one answers, before a reload.
  if (answer.model && !hadModel && !first) mnist.emit("mnist:model", { model: "yours" });
  hadModel = answer.model;
  modelLoaded = answer.loaded;
  if (settled && run?.moments.length) keepMoment(run, answer.shown);
  const version = run ? `${run.id}:${run.version}:${modelLoaded}` : "";
  if (version !== lastVersion) {
    lastVersion = version;
    if (following && run) mnist.emit("mnist:moment");
    draw(answer.queue);
    if (following) showViews();
  } else if (run?.status === "waiting") draw(answer.queue);
  if (run && !isActive(run) && isActive(before)) {
    setup.learn(run.setup, run.started.parameters ?? 0, run.seconds ?? 0);
    setup.explain();
    if (following) showViews(true);
  }
}

function draw(queue) {
  const run = newest();
  results.hidden = !run?.moments.length;
  const kind = run?.status;
  const running = isActive(run);
  const held = root.contains(document.activeElement) ? document.activeElement : null;
  orders.pause.textContent = kind === "paused" ? "Resume" : "Pause";
  orders.pause.disabled = !["running", "paused"].includes(kind);
  orders.step.disabled = running && kind !== "paused";
  orders.stop.disabled = !running || kind === "stopping";
  orders.reset.disabled = !run;
  lockFields(running);
  // A control that is disabled under the visitor's hands hands the focus on.
  if (held?.disabled) [orders.pause, orders.stop, orders.train].find((each) => !each.disabled).focus();
  if (!run) {
    bar.firstElementChild.style.transform = "scaleX(0)";
    figures.hidden = true;
    return;
  }
  const progress = run.progress.progress ?? 0;
  bar.firstElementChild.style.transform = `scaleX(${progress})`;
  bar.setAttribute("aria-valuenow", Math.round(100 * progress));
  say(sentence(run, queue));
  figures.hidden = run.progress.step === undefined;
  if (!figures.hidden) figures.textContent = figuresOf(run);
  if (results.hidden) return;
  const last = run.moments.length - 1;
  slider.max = last;
  if (following) slider.value = last;
  describeMoment(run);
  drawChart();
  board.show(runs, run.id);
}

function drawChart() {
  const run = newest();
  const shown = runs.map((each) => ({
    id: each.id,
    active: isActive(each),
    measured: each.started.measured_on,
    total: (each.started.steps_per_epoch ?? 0) * each.setup.epochs,
    ...(histories.get(each.id) ?? { points: [], measures: [] }),
  }));
  root.querySelector(".measured").textContent = measuredOn(run);
  chart.show(shown, following ? null : run.moments[Number(slider.value)]?.[0] ?? null);
}

function say(text) {
  if (statusLine.textContent !== text) statusLine.textContent = text;
  announce(text);
}

// What screen readers hear: all that is new, but a training's figures only now and then.
let heard = "";
let heardAt = 0;

function announce(text) {
  const kind = text.replace(/[:,.] .*/, "");
  if (kind === heard && performance.now() - heardAt < HEARD_MS) return;
  if (announcement.textContent === text) return;
  heard = kind;
  heardAt = performance.now();
  announcement.textContent = text;
}

function lockFields(locked) {
  for (const field of form.elements) {
    if (field.name && !props.controls.live.includes(field.name)) field.disabled = locked;
  }
}

// ── Orders ───────────────────────────────────────────────────────────────────────────────────
async function act(name, payload) {
  busy = true;
  try {
    const answer = await mnist.call(server, name, payload);
    if (!answer.ok) say(answer.error);
    return answer.ok;
  } catch {
    say("The server is out of reach for the moment. Please try again.");
    return false;
  } finally {
    busy = false;
  }
}

async function start(paused) {
  const values = setup.read();
  const fault = setup.wrong(values);
  faultTold = fault !== null;
  if (fault) {
    say(fault);
    setup.showFault(values);
    return;
  }
  say("Starting.");
  following = true;
  orders.now.hidden = true;
  hadModel = false;
  matrix.clearPictures();
  if (await act("lab_start", { setup: values, paused })) await poll();
  else return;
  if (paused && (await act("lab_order", { order: "step" }))) setTimeout(poll, 60);
}

async function order(kind) {
  const done = await act("lab_order", { order: kind });
  if (done) setTimeout(poll, 40);
  return done;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!busy) start(false);
});
orders.pause.addEventListener("click", () => order(newest()?.status === "paused" ? "resume" : "pause"));
orders.step.addEventListener("click", () => {
  if (busy) return;
  if (newest()?.status === "paused") order("step");
  else start(true);
});
orders.stop.addEventListener("click", () => order("stop"));
orders.reset.addEventListener("click", async () => {
  forgotten = newest()?.id ?? null;
  if (!(await order("reset"))) {
    forgotten = null;
    return;
  }
  following = true;
  matrix.clearPictures();
  mnist.emit("mnist:model", { model: "ready" });
  await poll();
});

// Once a fault that was told is mended, it is no news any more.
form.addEventListener("input", () => {
  if (!faultTold || setup.wrong(setup.read())) return;
  faultTold = false;
  say("Press Train to begin.");
});

// Some settings may change while it learns.
form.addEventListener("change", (event) => {
  const { name } = event.target;
  if (!isActive(newest()) || !props.controls.live.includes(name)) return;
  const value = setup.read()[name];
  if (value !== null) act("lab_set", { values: { [name]: value } });
});

// ── Back in time ─────────────────────────────────────────────────────────────────────────────
let showing = false;
let shownAgain = false;
let sliderMoves = 0;

// The slider where the server's moment is: after a reload, or where snapshots were given up.
function keepMoment(run, shown) {
  following = shown === null;
  orders.now.hidden = following;
  slider.max = run.moments.length - 1;
  if (!following) slider.value = shown;
}

// Let the slider's moment answer for the drawing; one request in flight, then the latest one.
async function showMoment() {
  sliderMoves++;
  const run = newest();
  modelLoaded = false;
  describeMoment(run);
  drawChart();
  orders.now.hidden = following;
  shownAgain = showing;
  if (showing) return;
  showing = true;
  try {
    const answer = await mnist.call(server, "lab_show", { run: run.id, moment: moment() });
    if (!answer.ok) say(answer.error);
    else if (mnist.model === "yours") mnist.emit("mnist:moment");
    else mnist.emit("mnist:model", { model: "yours" });
  } catch {
    say("The server is out of reach for the moment. Please try again.");
  }
  showing = false;
  if (shownAgain) showMoment();
  else showViews(true);
}

slider.addEventListener("input", () => {
  following = Number(slider.value) === Number(slider.max) && !isActive(newest());
  showMoment();
});
orders.now.addEventListener("click", () => {
  following = true;
  slider.value = slider.max;
  slider.focus();
  showMoment();
});

function describeMoment(run) {
  const shown = run.moments[Number(slider.value)];
  if (!shown) return;
  const [step, epoch, accuracy] = shown;
  const when = step ? `after step ${step.toLocaleString("en")}, epoch ${epoch}` : "before the first step";
  const now = modelLoaded ? "Now: the model that you loaded answers. Drag to hear this run again." : "Now: the newest weights answer. Drag to go back.";
  const words = following ? now : `${when[0].toUpperCase()}${when.slice(1)}: ${percent(accuracy)} right. These weights answer for your drawing.`;
  if (sliderWords.textContent !== words) sliderWords.textContent = words;
  slider.setAttribute("aria-valuetext", following ? "now" : `${when}, ${percent(accuracy)} right`);
}

// What the moment looks like inside: at most so often while it learns, `surely` where it matters.
async function showViews(surely = false) {
  const run = newest();
  if (!run) return;
  if (viewing) {
    viewsWanted ||= surely;
    return;
  }
  if (!surely && performance.now() - viewsAt < VIEWS_MS) return;
  viewing = true;
  viewsAt = performance.now();
  try {
    const answer = await mnist.call(server, "lab_views", { run: run.id, moment: moment() });
    if (answer.weights) weights.show(answer.weights, answer.scale, run.setup.hidden_sizes[0] ?? 10);
    if (answer.matrix) matrix.show(answer.matrix, answer.accuracy, run.started.measured_on);
  } catch {
    // The next poll says that the server is away.
  }
  viewing = false;
  if (!viewsWanted) return;
  viewsWanted = false;
  showViews(true);
}

async function showMistakes(truth, guess) {
  const run = newest();
  if (!run) return;
  const answer = await mnist.call(server, "lab_mistakes", { run: run.id, moment: moment(), truth, guess }).catch(() => null);
  if (answer?.ok) matrix.showPictures(truth, guess, answer.count, answer.images);
}

// A model that the visitor brought along answers from now on.
function loaded() {
  hadModel = true;
  mnist.emit("mnist:model", { model: "yours" });
  poll();
}

// ── Coming and going ─────────────────────────────────────────────────────────────────────────
// A page that closes can't wait for an answer, so this goes by beacon, to the address that `server`
// uses as well.
function sayGoodbye() {
  const config = window.gradio_config;
  const own = config?.components?.find((each) => each.props?.elem_id === "lab");
  if (!own || !token) return;
  const body = { data: { token }, component_id: own.id, fn_name: "lab_leave", session_hash: "leaving" };
  const address = `${config.root}${config.api_prefix ?? ""}/component_server/`;
  navigator.sendBeacon(address, new Blob([JSON.stringify(body)], { type: "application/json" }));
}

async function begin() {
  draw();
  await mnist.session();
  window.addEventListener("pagehide", () => element.isConnected && sayGoodbye());
  document.addEventListener("visibilitychange", () => poll());
  const odd = setup.fromAddress(location.hash);
  // A link that is pasted into the page's own address bar loads nothing anew.
  window.addEventListener("hashchange", () => {
    if (element.isConnected && !isActive(newest())) tellOdd(setup.fromAddress(location.hash));
  });
  await poll();
  if (!location.hash && newest()) setup.write(newest().setup);
  tellOdd(odd);
}

function tellOdd(odd) {
  if (odd.length) say(`The link holds something that this page does not understand (${odd.join(", ").slice(0, 60)}); the defaults stand there instead.`);
}
begin();
