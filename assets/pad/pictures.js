// Pictures for the pad: sent, read and shown, or refused with a sentence; and kept over a reload.
import { base64Of } from "../shared/bytes.js";
import { write } from "../shared/draw.js";
import { isBlank } from "../shared/drawn.js";
import { on, page, withSession } from "../shared/page.js";
import { storage } from "../shared/storage.js";
import { Found } from "./found.js";
import { BROKEN, sendPicture } from "./sending.js";
import { hearPictures } from "./ways.js";

const STORED = "mnist:picture";
const SLOW_MS = 1000; // from then on, one sees that something is under way
const FOUND =
  "What stands out was taken for ink. Draw or clear for the pen. The server has kept nothing; a reload finds it in this tab.";
const PLACED = "One of the handwritten pictures to learn from and be measured by, as the model sees it. To use the pen, draw or press Clear.";
const LOST = "The picture could not be sent: there is no connection. Try again when it is back.";

export class Pictures {
  // pad: {element, drawing, changedAt, setPicture(found), show()}; mostBytes: of a file.
  constructor(pad, mostBytes) {
    const { element } = pad;
    this.pad = pad;
    this.mostBytes = mostBytes;
    this.trouble = ""; // why the last one is not on the pad
    this.stopper = null; // of the one under way
    this.isNew = false; // on the pad, and without an answer yet
    this.sending = element.querySelector(".sending");
    this.hint = element.querySelector(".hint");
    this.section = element.querySelector("#sketchpad");
    hearPictures(this.section, (given) => this.take(given));
    on(element, "mnist:prediction", (answer) => this.tell(element.querySelector(".read"), answer));
  }

  get isBusy() {
    return this.stopper !== null;
  }

  // The pen, or a button, goes before a picture under way; and what was said of an earlier one is over.
  stop() {
    this.stopper?.abort();
    this.end();
    this.trouble = "";
  }

  end() {
    clearTimeout(this.timer);
    this.stopper = null;
    this.sending.hidden = true;
  }

  async take({ file, error }) {
    this.stop();
    if (error) this.refuse(error);
    else await this.read(file);
  }

  async read(file) {
    const stopper = new AbortController();
    const { signal } = stopper;
    this.stopper = stopper;
    this.showProgress(0);
    this.timer = setTimeout(() => (this.sending.hidden = false), SLOW_MS);
    this.pad.show();
    const sent = { mostBytes: this.mostBytes, onProgress: (share) => signal.aborted || this.showProgress(share), signal };
    const answer = await withSession((secret) => sendPicture(file, secret, sent)).catch(() => ({ error: LOST }));
    const found = answer.ok && (await Found.from(answer).catch(() => null));
    if (signal.aborted) return;
    this.end();
    if (!found) this.refuse(answer.error ?? BROKEN);
    else {
      this.isNew = true;
      this.pad.setPicture(found);
    }
  }

  // The answer's own line stays silent where it says what it said before.
  tell(line, { words, drawnAt }) {
    if (!page.picture) line.textContent = "";
    if (!this.isNew || drawnAt !== this.pad.changedAt) return; // an earlier drawing's
    this.isNew = false;
    line.textContent = `A picture was read: ${words}`;
  }

  show(picture) {
    this.section.toggleAttribute("data-picture", picture !== null);
    this.hint.hidden = picture === null;
    if (picture) write(this.hint, picture.isPlaced ? PLACED : FOUND);
  }

  refuse(error) {
    this.trouble = error;
    this.pad.show();
  }

  // What the model sees already: it needs no reading.
  put(pixels) {
    this.stop();
    this.isNew = true;
    this.pad.setPicture(Found.placed(base64Of(new Uint8Array(Float32Array.from(pixels, (value) => value / 255).buffer))));
  }

  showProgress(share) {
    const bar = this.sending.querySelector("progress");
    if (share < 1) bar.value = share;
    else bar.removeAttribute("value"); // reading takes as long as it takes
    write(this.sending.querySelector("span"), share < 1 ? "Sending the picture…" : "Reading the picture…");
  }

  // What a reload finds; in this tab alone, and only as long as it is on the pad.
  keep(found) {
    if (found) storage.write(STORED, JSON.stringify(found.kept));
    else storage.remove(STORED);
  }

  async bringBack() {
    const value = storage.readValue(STORED);
    const found = value && (await Found.from(value).catch(() => null));
    if (found && isBlank(this.pad.drawing)) this.pad.setPicture(found);
  }
}
