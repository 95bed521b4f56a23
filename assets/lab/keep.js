// Keep and share: the model, the history, the picture, the link; and a model loaded back.
import { base64Of, bytesOf } from "../shared/bytes.js";
import { sleep } from "../shared/latest.js";
import { grouped } from "../shared/numbers.js";
import { call, on, page } from "../shared/page.js";
import { save } from "../shared/save.js";
import { csvOf } from "./history.js";
import { lessonAddress, readLesson } from "./link.js";
import { AWAY } from "./words.js";

const PIECE = 384 * 1024; // of a model file on its way up; a multiple of three
const MAX_TRIES = 20;
const SLOW = { timeout: 60_000 };
const GUARDED = "This browser guards pictures against fingerprinting, so the chart can't be saved. History as CSV has its figures.";
const NO_RUN = "There is no run to keep yet.";

export class Keeping {
  constructor(root, lab, limit) {
    this.lab = lab;
    this.limit = limit; // of a model file, in bytes
    this.line = root.querySelector(".kept");
    this.withInk = root.querySelector("[name=ink]");
    const file = root.querySelector("input[type=file]");
    // Each returns what to say, if anything.
    const keepers = {
      model: () => this.model(),
      loader: () => this.loader(),
      history: () => this.history(),
      picture: () => this.picture(),
      load: () => file.click(),
      link: () => this.link(),
    };
    on(root, "mnist:run", () => this.line.textContent === NO_RUN && this.say(""));
    for (const button of root.querySelectorAll("[data-keep]")) {
      button.addEventListener("click", () => this.try(keepers[button.dataset.keep]));
    }
    file.addEventListener("change", () => {
      const [chosen] = file.files;
      if (chosen) this.try(() => this.upload(chosen)).then(() => (file.value = ""));
    });
  }

  say(text) {
    this.line.textContent = text;
  }

  async try(action) {
    try {
      const words = await action();
      if (words) this.say(words);
    } catch {
      this.say("That did not work. Please try again.");
    }
  }

  async model() {
    const answer = await call(this.lab.server, "lab_download", { kind: "model" }, SLOW);
    return answer.ok ? save("my-model.safetensors", new Blob([bytesOf(answer.data)])) : answer.error;
  }

  async loader() {
    const answer = await call(this.lab.server, "lab_download", { kind: "loader" }, SLOW);
    return answer.ok ? save("use_model.py", new Blob([answer.text], { type: "text/x-python" })) : answer.error;
  }

  history() {
    const { runs, chart } = this.lab;
    return runs.newest ? save("history.csv", new Blob([csvOf(chart.runs)], { type: "text/csv" })) : NO_RUN;
  }

  async picture() {
    const { runs, chart } = this.lab;
    if (!runs.newest) return NO_RUN;
    const picture = await chart.picture();
    return picture ? save("training.png", picture) : GUARDED;
  }

  async link() {
    const { setup } = this.lab;
    const values = setup.read();
    const fault = setup.wrong(values);
    if (fault) {
      setup.showFault(values);
      return `There is no link to this set-up yet. ${fault}`;
    }
    const address = setup.toAddress(this.withInk.checked) + lessonAddress(readLesson(location.hash));
    history.replaceState({ inkOf: address }, "", address);
    const copied = await navigator.clipboard.writeText(location.href).then(() => true, () => false);
    const left = this.withInk.checked && page.picture ? " A picture does not fit in a link." : "";
    return `The link is ${copied ? "copied" : "in the address bar"}. It opens this set-up.${left}`;
  }

  // In pieces: the server takes no large request.
  async upload(chosen) {
    if (chosen.size > this.limit) return `A model file of more than ${this.limit >> 20} MB is not taken.`;
    const bytes = new Uint8Array(await chosen.arrayBuffer());
    for (let from = 0; ; from += PIECE) {
      const end = from + PIECE >= bytes.length;
      const data = base64Of(bytes.subarray(from, from + PIECE));
      const answer = await this.send({ data, begin: from === 0, end });
      if (!answer.ok) return answer.error;
      if (end) return this.welcome(answer);
      this.say(`Sending the model: ${Math.round((100 * (from + PIECE)) / bytes.length)} %`);
    }
  }

  // The server takes so many bytes a second: what it refuses is sent again a little later.
  async send(payload) {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      if (tries > 1) await sleep(500);
      const answer = await call(this.lab.server, "lab_upload", payload, SLOW).catch(() => null);
      if (answer) return answer;
    }
    return { ok: false, error: AWAY };
  }

  welcome({ layers, parameters, loaded }) {
    this.lab.welcome(loaded);
    return `Loaded: ${layers.join(" → ")}, ${grouped(parameters)} parameters. It answers for your drawing now.`;
  }
}
