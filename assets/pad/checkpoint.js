// A model's file as mnist_core/models/checkpoints.py writes it: safetensors, the configuration in
// its metadata. Throws an Error that says what is wrong with a damaged or foreign one.
export const FORMAT = "mnist_core.mlp";
export const ACTIVATIONS = ["relu", "sigmoid", "tanh"];
export const PIXELS = 784;
export const CLASSES = 10;
const MAX_LAYERS = 8;
const MAX_UNITS = 4096;
const BYTES = { F16: 2, BF16: 2, F32: 4, F64: 8 };

function expect(condition, message) {
  if (!condition) throw new Error(`the model's file: ${message}`);
}

// ArrayBuffer → {config, tensors}: the tensors by name, each a Float32Array, row by row.
export function readCheckpoint(buffer) {
  const [header, start] = headerOf(buffer);
  const { __metadata__: metadata, ...entries } = header;
  expect(metadata?.format === FORMAT, `expected format ${FORMAT}, got ${metadata?.format}`);
  const config = configOf(metadata.config);
  let end = 0;
  for (const entry of Object.values(entries)) end = Math.max(end, entry?.data_offsets?.[1] ?? 0);
  expect(start + end === buffer.byteLength, `${buffer.byteLength} bytes, not ${start + end}`);
  const tensors = {};
  for (const [name, shape] of Object.entries(shapesOf(config))) {
    tensors[name] = tensorOf(buffer, start, name, entries[name], shape);
  }
  return { config, tensors };
}

function headerOf(buffer) {
  expect(buffer.byteLength >= 8, "cut short");
  const start = 8 + Number(new DataView(buffer).getBigUint64(0, true));
  expect(start <= buffer.byteLength, "its header is cut short");
  try {
    return [{ ...JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8))) }, start];
  } catch (error) {
    throw new Error("the model's file: no safetensors", { cause: error });
  }
}

const isWithin = (value, low, high) => typeof value === "number" && low <= value && value <= high;

// What the network needs of mnist_core's MLPConfig; a field that is not known may change the answer.
const FIELDS = {
  hidden_sizes: (sizes) =>
    Array.isArray(sizes) &&
    sizes.length <= MAX_LAYERS &&
    sizes.every((size) => Number.isInteger(size) && isWithin(size, 1, MAX_UNITS)),
  activation: (name) => ACTIVATIONS.includes(name),
  dropout: (share) => isWithin(share, 0, 1), // of the training alone
  normalization: (name) => ["none", "batch"].includes(name),
  mean: Number.isFinite,
  std: (value) => isWithin(value, Number.MIN_VALUE, Number.MAX_VALUE),
  rejects: (value) => typeof value === "boolean",
  reject_below: (value) => isWithin(value, 0, 1),
  temperature: (value) => isWithin(value, Number.MIN_VALUE, Number.MAX_VALUE),
};

function configOf(text) {
  let config;
  try {
    config = { ...JSON.parse(text) };
  } catch (error) {
    throw new Error("the model's file: damaged configuration", { cause: error });
  }
  for (const name of Object.keys(config)) expect(name in FIELDS, `unknown field ${name}`);
  for (const [name, isGood] of Object.entries(FIELDS)) expect(isGood(config[name]), `bad ${name}`);
  return config;
}

// The tensors that a network of that configuration has, with their shapes.
function shapesOf({ hidden_sizes: hidden, normalization, rejects }) {
  const shapes = {};
  const sizes = [PIXELS, ...hidden];
  hidden.forEach((size, i) => {
    shapes[`hidden.${i}.linear.weight`] = [size, sizes[i]];
    shapes[`hidden.${i}.linear.bias`] = [size];
    if (normalization === "none") return;
    for (const name of ["weight", "bias", "running_mean", "running_var"]) {
      shapes[`hidden.${i}.norm.${name}`] = [size];
    }
  });
  const classes = CLASSES + Number(rejects);
  shapes["output.weight"] = [classes, sizes.at(-1)];
  shapes["output.bias"] = [classes];
  return shapes;
}

function tensorOf(buffer, start, name, entry, shape) {
  expect(entry && String(entry.shape) === String(shape), `${name}: expected shape ${shape}, got ${entry?.shape}`);
  const count = shape.reduce((product, size) => product * size, 1);
  const [begin, end] = entry.data_offsets;
  expect(entry.dtype in BYTES, `${name}: expected floating point, got ${entry.dtype}`);
  expect(begin >= 0 && end - begin === count * BYTES[entry.dtype], `${name}: expected ${count} numbers`);
  const bytes = buffer.slice(start + begin, start + end); // may lie at any address: a typed array may not
  const values = DECODERS[entry.dtype](bytes);
  // Of numbers of 32 bits, so few that only one that isn't finite makes the sum so.
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  expect(Number.isFinite(sum), `${name}: expected finite numbers`);
  return values;
}

const DECODERS = {
  F64: (bytes) => Float32Array.from(new Float64Array(bytes)),
  F32: (bytes) => new Float32Array(bytes),
  BF16: (bytes) => new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer),
  F16: (bytes) => {
    const bits = new Uint16Array(bytes);
    const values = new Float32Array(bits.length);
    halves ??= Float32Array.from({ length: 65536 }, (_, each) => halfOf(each));
    for (let i = 0; i < bits.length; i++) values[i] = halves[bits[i]];
    return values;
  },
};

let halves = null; // every half-precision number by its bits

function halfOf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
