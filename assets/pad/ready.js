// The ready-made network, brought to where the pen is once the page is there and nobody draws.
import { sleep } from "../shared/latest.js";
import { page } from "../shared/page.js";
import { idle } from "./own.js";

const MOST_TRIES = 3;
const AGAIN_MS = 30_000;

const once = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

// pad: {element, reader, own, asking, isResting}; where the weights are, and what they have to be.
export async function bringReady(pad, { address, sha256 }) {
  if (document.readyState !== "complete") await once(window, "load");
  pad.reader.start();
  pad.own.bring();
  for (let tries = 1; tries <= MOST_TRIES && pad.element.isConnected; tries += 1) {
    await idle();
    if (!pad.isResting) await once(window, "mnist:rest");
    const url = new URL(address, document.baseURI).href;
    if (await pad.reader.load("ready", 1, { url, sha256 })) {
      pad.asking.goOn();
      return;
    }
    // A while later, or when the server is back.
    await Promise.race([sleep(tries * AGAIN_MS), once(window, "mnist:connection")]);
    if (page.lost) await once(window, "mnist:connection");
  }
}
