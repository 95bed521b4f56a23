// window.mnist: what the page's components share. One visitor's session, calls to the server that
// fail in one way only, and the drawing. Components talk through window events:
//   mnist:ink {strokes}          the drawing came to rest or was changed by a button
//   mnist:drawing {}             the pen has just moved
//   mnist:rest {}                the pen has not moved for a moment
//   mnist:prediction {...}       the model's answer for the drawing
//   mnist:model {model}          "ready" or "yours" answers from now on
//   mnist:moment {}              the visitor's own model has changed
//   mnist:connection {lost}      the server is out of reach, or back
(() => {
  if (window.mnist) return;

  const TOKEN = "mnist:token";
  const MODEL = "mnist:model";
  const TIMEOUT_MS = 10_000;

  // Storage is closed to some frames and private windows; the page works without it.
  const storage = {
    read(key) {
      try {
        return sessionStorage.getItem(key);
      } catch {
        return null;
      }
    },
    write(key, text) {
      try {
        sessionStorage.setItem(key, text);
      } catch {
        // A full or closed storage only means that a reload starts afresh.
      }
    },
  };

  class CallError extends Error {
    constructor(code) {
      super(`The server's answer did not come: ${code}`);
      this.code = code;
    }
  }

  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  // A server function that raised resolves to undefined or to an error's text: only an object with
  // `ok` is an answer.
  async function ask(server, name, payload, timeout) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new CallError("timeout")), timeout);
    });
    try {
      const answer = await Promise.race([server[name](payload), late]);
      if (typeof answer?.ok !== "boolean") throw new CallError("lost");
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  let connect;
  const connected = new Promise((resolve) => (connect = resolve));
  let opening = null;

  async function open() {
    const server = await connected;
    for (let wait = 250; ; wait = Math.min(2 * wait, 4000)) {
      try {
        const payload = { token: storage.read(TOKEN) };
        const answer = await ask(server, "open_session", payload, TIMEOUT_MS);
        if (answer.ok) {
          storage.write(TOKEN, answer.token);
          return answer.token;
        }
      } catch {
        emit("mnist:connection", { lost: true });
      }
      await sleep(wait);
    }
  }

  function session() {
    opening ??= open();
    return opening;
  }

  // Calls server[name]({...payload, token}). A session that the server has forgotten (it was
  // restarted, or the visitor was away for long) is opened again, once, without a word.
  async function call(server, name, payload = {}, { timeout = TIMEOUT_MS } = {}) {
    const used = session();
    const answer = await ask(server, name, { ...payload, token: await used }, timeout);
    if (answer.code !== "session") return answer;
    if (opening === used) opening = null;
    return ask(server, name, { ...payload, token: await session() }, timeout);
  }

  const emit = (name, detail = {}) => window.dispatchEvent(new CustomEvent(name, { detail }));

  window.mnist = {
    connect,
    session,
    call,
    emit,
    storage,
    model: storage.read(MODEL) === "yours" ? "yours" : "ready",
    strokes: [],
    prediction: null,
    setStrokes() {}, // the sketchpad puts its own here
  };
  window.addEventListener("mnist:model", ({ detail }) => {
    window.mnist.model = detail.model;
    storage.write(MODEL, detail.model);
  });
  window.addEventListener("mnist:prediction", (event) => (window.mnist.prediction = event.detail));
})();
