// A picture on its way to the server, as it is: what it becomes is the same wherever it is read.
const TIMEOUT_MS = 360_000; // the server waits for less
const BUSY = "Many pictures are being read here. Try again in a moment, please.";
const UNREADABLE = "That could not be read here. Is it a file, and still there?";
export const BROKEN = "The picture could not be read. Try again, please.";

// {ok: true, ...}, or {ok: false, error} with a sentence.
export function answerOf({ status, responseText }, words) {
  if (status === 413) return { ok: false, error: words.tooLarge };
  if (status === 429 || status === 503) return { ok: false, error: BUSY };
  try {
    const answer = JSON.parse(responseText);
    if (typeof answer.ok === "boolean") return answer;
  } catch {
    // Nothing that this page's server says.
  }
  return { ok: false, error: BROKEN };
}

async function isReadable(file) {
  return file.slice(0, 1).arrayBuffer().then(() => true, () => false);
}

// Sends `file` for the visitor with that secret. onProgress hears the share that has gone, 0 to 1. Rejects
// where the server is out of reach; never settles once `signal` has aborted.
export async function sendPicture(file, secret, { mostBytes, onProgress, signal }) {
  const tooLarge = `That picture is too large: at most ${mostBytes >> 20} MB are read.`;
  if (file.size > mostBytes) return { ok: false, error: tooLarge };
  if (!(await isReadable(file))) return { ok: false, error: UNREADABLE };
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // `fetch` tells nothing of what has gone
    request.open("POST", new URL("page/picture", document.baseURI));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-Session", secret);
    request.timeout = TIMEOUT_MS;
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.upload.onload = () => onProgress(1);
    request.onload = () => resolve(answerOf(request, { tooLarge }));
    request.onerror = request.ontimeout = () => reject(new Error("out of reach"));
    signal.addEventListener("abort", () => request.abort());
    if (!signal.aborted) request.send(file);
  });
}
