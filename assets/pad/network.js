// The network of mnist_core/models/mlp.py, as it answers. Standardisation and batch normalisation are
// folded into the weights once. Plain JavaScript, whose 1.7 ms for 784-1280-1024-768-11 (7 on a core
// slowed four times) are within a frame: WebAssembly's SIMD takes a tenth of that for 354 bytes, but a
// browser without it would need this too, kept equal, and onnxruntime-web is a download of 3.7 MB.
import { CLASSES, PIXELS, readCheckpoint } from "./checkpoint.js";

const NORM_EPSILON = 1e-5; // PyTorch's

const STRIP = 16;

const ACTIVATIONS = {
  relu: (x) => (x > 0 ? x : 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
};

export class Network {
  // Of {config, tensors}, as `readCheckpoint` gives them.
  constructor({ config, tensors }) {
    this.config = config;
    this.activation = ACTIVATIONS[config.activation];
    const sizes = [PIXELS, ...config.hidden_sizes];
    this.layers = config.hidden_sizes.map((size, i) => {
      const layer = new Layer(tensors[`hidden.${i}.linear.weight`], tensors[`hidden.${i}.linear.bias`], sizes[i]);
      if (config.normalization === "batch") layer.normalize(tensors, `hidden.${i}.norm`);
      return layer;
    });
    this.layers.push(new Layer(tensors["output.weight"], tensors["output.bias"], sizes.at(-1)));
    // (pixel - mean) / std, of which the first half goes to the biases: a blank pixel stays 0.
    this.layers[0].subtract(config.mean / config.std);
    this.pixels = new Float32Array(PIXELS);
  }

  static from(buffer) {
    return new Network(readCheckpoint(buffer));
  }

  // 784 pixels in [0, 1] → {probabilities: ten that sum to 1, likeness: in [0, 1], digit}. A small
  // likeness is no digit (null); it is 1 from a network that can't tell.
  answer(image) {
    const logits = this.logits(image);
    const { temperature, rejects, reject_below: least } = this.config;
    const probabilities = softmax(logits.subarray(0, CLASSES), temperature);
    const likeness = rejects ? Math.fround(1 - softmax(logits, 1)[CLASSES]) : 1;
    const digit = likeness >= least ? probabilities.indexOf(Math.max(...probabilities)) : null;
    return { probabilities, likeness, digit };
  }

  logits(image) {
    for (let i = 0; i < PIXELS; i++) this.pixels[i] = image[i] / this.config.std;
    let x = this.pixels;
    this.layers.forEach((layer, i) => {
      x = layer.apply(x);
      if (i < this.layers.length - 1) for (let j = 0; j < x.length; j++) x[j] = this.activation(x[j]);
    });
    return x;
  }
}

// weights: (outputs, inputs), as PyTorch keeps them; here all weights of one input lie together.
class Layer {
  constructor(weights, bias, inputs) {
    const outputs = bias.length;
    this.weights = new Float32Array(weights.length);
    this.bias = Float32Array.from(bias);
    this.result = new Float32Array(outputs);
    this.active = new Uint16Array(inputs);
    // In strips, for reads and writes that both stay in the cache.
    for (let first = 0; first < inputs; first += STRIP) {
      const end = Math.min(first + STRIP, inputs);
      for (let output = 0; output < outputs; output++) {
        for (let input = first; input < end; input++) {
          this.weights[input * outputs + output] = weights[output * inputs + input];
        }
      }
    }
  }

  normalize(tensors, name) {
    const [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
      (part) => tensors[`${name}.${part}`],
    );
    const scale = Float64Array.from(weight, (value, i) => value / Math.sqrt(variance[i] + NORM_EPSILON));
    for (let first = 0; first < this.weights.length; first += scale.length) {
      for (let i = 0; i < scale.length; i++) this.weights[first + i] *= scale[i];
    }
    for (let i = 0; i < scale.length; i++) this.bias[i] = (this.bias[i] - mean[i]) * scale[i] + bias[i];
  }

  // As if each input were less by `offset`.
  subtract(offset) {
    const outputs = this.bias.length;
    const sums = new Float64Array(outputs);
    for (let first = 0; first < this.weights.length; first += outputs) {
      for (let i = 0; i < outputs; i++) sums[i] += this.weights[first + i];
    }
    for (let i = 0; i < outputs; i++) this.bias[i] -= offset * sums[i];
  }

  // What some units multiply some of their inputs by, or all of them: a row for each unit.
  weightsOf(units, inputs = Array.from(this.active.keys())) {
    const { length: outputs } = this.bias;
    const found = new Float32Array(units.length * inputs.length);
    let i = 0;
    for (const unit of units) for (const input of inputs) found[i++] = this.weights[input * outputs + unit];
    return found;
  }

  // Four inputs at a time, and none that is 0: of a drawing's pixels and of ReLU's outputs most are.
  apply(x) {
    const { weights, result, active } = this;
    const outputs = result.length;
    let count = 0;
    for (let i = 0; i < x.length; i++) if (x[i] !== 0) active[count++] = i;
    result.set(this.bias);
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      const [a, b, c, d] = [active[i], active[i + 1], active[i + 2], active[i + 3]];
      const [xa, xb, xc, xd] = [x[a], x[b], x[c], x[d]];
      const [wa, wb, wc, wd] = [a * outputs, b * outputs, c * outputs, d * outputs];
      for (let j = 0; j < outputs; j++) {
        result[j] += xa * weights[wa + j] + xb * weights[wb + j] + xc * weights[wc + j] + xd * weights[wd + j];
      }
    }
    for (; i < count; i++) {
      const xi = x[active[i]];
      const row = active[i] * outputs;
      for (let j = 0; j < outputs; j++) result[j] += xi * weights[row + j];
    }
    return result;
  }
}

function softmax(logits, temperature) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp((logit - most) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return Float32Array.from(powers, (power) => power / sum);
}
