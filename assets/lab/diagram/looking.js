// Where the diagram's numbers come from: the network that is here, or where there is none, the server.
import { base64Of, scaledOf } from "../../shared/bytes.js";
import { call, page } from "../../shared/page.js";

// The 28×28 image that the bars are of, in bytes; null for a blank one.
function seen() {
  const { prediction, chosen } = page;
  if (!prediction || prediction.blank) return null;
  return prediction.parts?.includes(chosen) ? chosen.image : prediction.image;
}

export class Looking {
  constructor(server) {
    this.server = server;
    this.network = null; // as pad/inside.js has it, with its weights
  }

  // {network, values, image, isHere}: whether it came without the server; null where nothing came.
  async look() {
    const image = seen();
    const known = this.network?.version ?? null;
    const here = await page.inside({ image, known });
    const found = here ?? (await this.ask(image, known));
    if (!found) return null;
    if (found.weights) this.network = found;
    return { network: this.network, values: found.values, image, isHere: here !== null };
  }

  async ask(image, known) {
    const pixels = image && base64Of(new Uint8Array(Float32Array.from(image, (value) => value / 255).buffer));
    const { model, prediction } = page;
    const weights = prediction?.model === model ? prediction.weights : null;
    const asked = { model, weights, strokes: [], image: pixels, known };
    const answer = await call(this.server, "lab_inside", asked).catch(() => null);
    if (!answer?.ok) return null;
    return { ...answer, ...(answer.weights && { weights: answer.weights.map(scaledOf) }) };
  }
}
