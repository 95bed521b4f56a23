// Keep and share: the model, the history, the picture, the link; and a model loaded back.
const PIECE = 384 * 1024; // of a model file on its way up; a multiple of three
const MAX_TRIES = 20;
const NO_RUN = "There is no run to keep yet.";

class Keeping {
  // parts: {server, controls, setup, chart, newest(), loaded()}
  constructor(root, parts) {
    Object.assign(this, parts);
    this.line = root.querySelector(".kept");
    this.withInk = root.querySelector("[name=ink]");
    const file = root.querySelector("input[type=file]");
    const keepers = {
      model: () => this.download("model"),
      loader: () => this.download("loader"),
      history: () => this.history(),
      picture: () => this.picture(),
      load: () => file.click(),
      link: () => this.link(),
    };
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
      await action();
    } catch {
      this.say("That did not work. Please try again.");
    }
  }

  save(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    this.say(`${name} is downloaded.`);
  }

  async download(kind) {
    const answer = await window.mnist.call(this.server, "lab_download", { kind }, { timeout: 60_000 });
    if (!answer.ok) this.say(answer.error);
    else if (kind === "loader") this.save("use_model.py", new Blob([answer.text], { type: "text/x-python" }));
    else this.save("my-model.safetensors", new Blob([bytesOf(answer.data)]));
  }

  history() {
    if (this.newest()) this.save("history.csv", new Blob([this.chart.csv()], { type: "text/csv" }));
    else this.say(NO_RUN);
  }

  async picture() {
    if (this.newest()) this.save("training.png", await this.chart.picture());
    else this.say(NO_RUN);
  }

  async link() {
    const values = this.setup.read();
    const fault = this.setup.wrong(values);
    if (fault) {
      this.say(`There is no link to this set-up yet. ${fault}`);
      this.setup.showFault(values);
      return;
    }
    const address = this.setup.toAddress(this.withInk.checked);
    history.replaceState({ inkOf: address }, "", address);
    try {
      await navigator.clipboard.writeText(location.href);
      this.say("The link is copied. It opens this set-up.");
    } catch {
      this.say("The link is in the address bar. It opens this set-up.");
    }
  }

  // In pieces: the server takes no large request.
  async upload(chosen) {
    const limit = this.controls.upload_bytes;
    if (chosen.size > limit) {
      this.say(`A model file of more than ${limit >> 20} MB is not taken.`);
      return;
    }
    const bytes = new Uint8Array(await chosen.arrayBuffer());
    for (let from = 0; from === 0 || from < bytes.length; from += PIECE) {
      const end = from + PIECE >= bytes.length;
      const payload = { data: textOf(bytes.subarray(from, from + PIECE)), begin: from === 0, end };
      const answer = await this.send(payload);
      if (!answer.ok) {
        this.say(answer.error);
        return;
      }
      if (end) this.welcome(answer);
      else this.say(`Sending the model: ${Math.round((100 * (from + PIECE)) / bytes.length)} %`);
    }
  }

  // The server takes so many bytes a second: what it refuses is sent again a little later.
  async send(payload) {
    for (let tries = 1; ; tries++) {
      try {
        return await window.mnist.call(this.server, "lab_upload", payload, { timeout: 60_000 });
      } catch {
        if (tries === MAX_TRIES) return { ok: false, error: "The server is out of reach for the moment. Please try again." };
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }

  welcome({ layers, parameters }) {
    const count = parameters.toLocaleString("en");
    this.say(`Loaded: ${layers.join(" → ")}, ${count} parameters. It answers for your drawing now.`);
    this.loaded();
  }
}

// Bytes as base64.
function textOf(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
