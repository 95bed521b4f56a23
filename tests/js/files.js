// Model files for the tests, as mnist_core writes them.
const CONFIG = {
  hidden_sizes: [], activation: "relu", dropout: 0, normalization: "none", mean: 0, std: 1,
  rejects: false, reject_below: 0.5, temperature: 1,
}; // prettier-ignore

// tensors: [name, dtype, shape, typed array] each.
export function modelFile(changes, tensors, format = "mnist_core.mlp") {
  const header = { __metadata__: { format, config: JSON.stringify({ ...CONFIG, ...changes }) } };
  let end = 0;
  for (const [name, dtype, shape, { byteLength }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + byteLength] };
    end += byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let place = 8 + text.length;
  for (const [, , , { buffer, byteLength }] of tensors) {
    bytes.set(new Uint8Array(buffer, 0, byteLength), place);
    place += byteLength;
  }
  return bytes.buffer;
}

// 784-10: pixel 0 speaks for digit 1, pixel 783 for digit 9.
export function tinyModel(changes) {
  const weights = new Float32Array(7840);
  weights[784] = 5;
  weights[7839] = 5;
  return modelFile(changes, [
    ["output.weight", "F32", [10, 784], weights],
    ["output.bias", "F32", [10], new Float32Array(10)],
  ]);
}
