// Bytes travel as base64.
const CHUNK = 8192; // so many arguments a call takes

export const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
export const floatsOf = (text) => new Float32Array(bytesOf(text).buffer);
export const signedBytesOf = (text) => new Int8Array(bytesOf(text).buffer);
// Numbers as bytes -127..127, of which 127 stands for `scale`.
export const scaledOf = ({ scale, data }) => Float32Array.from(signedBytesOf(data), (value) => (value / 127) * scale);

export function base64Of(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(text);
}
