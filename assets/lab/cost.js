// What a set-up costs: its numbers of products and parameters, and the seconds that it may take.
const pairs = (sizes) => sizes.slice(1).map((size, i) => [sizes[i], size]);
export const productsOf = (sizes) => pairs(sizes).reduce((sum, [inputs, units]) => sum + inputs * units, 0);
export const parametersOf = (sizes) => pairs(sizes).reduce((sum, [, units]) => sum + units, productsOf(sizes));

export class Cost {
  slowness = 1; // of this machine, learnt from the runs

  // Seconds of training, from a rough cost of a picture and of a step.
  estimate(setup, parameters) {
    const pictures = setup.epochs * setup.train_size;
    const each = 2e-6 + parameters * 6e-11 + (setup.augmentation ? 3e-5 : 0);
    const step = 1e-4 + parameters * 1e-10 * (setup.optimizer === "adam" ? 12 : 4);
    const measures = 0.4;
    return this.slowness * (pictures * each + (pictures / setup.batch_size) * step + measures);
  }

  learn(setup, parameters, took) {
    if (took <= 0.5) return;
    const expected = this.estimate(setup, parameters) / this.slowness;
    this.slowness = Math.min(20, Math.max(0.05, took / expected));
  }
}
