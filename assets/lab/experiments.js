// What to look for: trainings that show one thing each, with a sentence before and one after.
// runs: what each changes of the preset BASE; several are trained one after the other.
const FEW = { train_size: 100, batch_size: 20, epochs: 100, learning_rate: 0.02 };
const BASE = "notebook";
const QUICK = { train_size: 5000, batch_size: 50, epochs: 3 }; // no batch is smaller, and shakes more, than others

export const EXPERIMENTS = {
  large: {
    title: "Steps too large",
    before: "Watch the loss: each step jumps right across the valley and up the other side.",
    after: "Every step went further than the slope holds, so the loss ran away. A hundredth of that rate learns well.",
    runs: [{ ...QUICK, learning_rate: 10 }],
  },
  small: {
    title: "Steps too small",
    before: "Watch the loss go down so slowly that it hardly moves.",
    after: "It was on the right way, but with steps that small three epochs do not take it far.",
    runs: [{ ...QUICK, learning_rate: 0.0005 }],
  },
  rates: {
    title: "Six rates at once",
    before: "The same network at six learning rates, from 0.002 to 3: watch the family of curves grow.",
    after: "Too small creeps, too large shakes or breaks, and in between it learns fast: that is why the rate is tried first.",
    runs: [0.002, 0.01, 0.03, 0.1, 0.5, 3].map((learning_rate) => ({ ...QUICK, learning_rate })),
  },
  linear: {
    title: "No hidden layer",
    before: "Pixels straight to answers: see in the pictures at the bottom what each digit looks for, and where it stops learning.",
    after: "Ten weighted sums get about nine in ten right and then no better, since strokes that bend need a layer in between.",
    runs: [{ hidden_sizes: [], train_size: 55_000 }],
  },
  narrow: {
    title: "One layer of 8 units",
    before: "All it knows of a picture has to pass through eight numbers.",
    after: "Eight numbers tell most digits apart, but it mixes up more of them than a wide layer does: see the table of mistakes.",
    runs: [{ hidden_sizes: [8], train_size: 55_000 }],
  },
  deep: {
    title: "Four layers of sigmoid",
    before: "Watch the loss stay at 2.30, which is what guessing among ten digits costs.",
    after: "Each sigmoid passes back a quarter of the slope at most, so next to nothing reaches the first layers: why ReLU took over.",
    runs: [{ ...QUICK, hidden_sizes: [64, 64, 64, 64], activation: "sigmoid", learning_rate: 0.1 }],
  },
  few: {
    title: "100 pictures",
    before: "Watch the two lines part: training falls to nothing, held-out stops on its way.",
    after: "It knows its hundred pictures by heart, and that helps no further with any others: overfitting.",
    runs: [FEW],
  },
  dropout: {
    title: "100 pictures and dropout",
    before: "The same hundred without and with half of the units silenced at random: the training line stays up.",
    after: "With half of its units gone at each step it learnt less by heart, and reads other pictures as well or a little better.",
    runs: [FEW, { ...FEW, dropout: 0.5 }],
  },
  decay: {
    title: "100 pictures and weight decay",
    before: "The same hundred without and with a pull of all weights towards zero.",
    after: "With small weights it is less sure of its hundred pictures, and reads others about as well: a mild cure.",
    runs: [FEW, { ...FEW, weight_decay: 0.03 }],
  },
  augmented: {
    title: "100 pictures, bent and turned",
    before: "The same hundred as they are, and shifted, turned and bent a little, differently each time.",
    after: "It never saw the same picture twice, so it had to learn what stays when a digit moves: the best of the three cures.",
    runs: [FEW, { ...FEW, augmentation: true }],
  },
  optimisers: {
    title: "SGD, momentum, Adam",
    before: "One network, three ways to take a step: see which line falls first.",
    after: "Momentum and Adam keep speed where the slope stays the same, and get in one epoch where SGD gets in many.",
    runs: [{}, { optimizer: "momentum" }, { optimizer: "adam", learning_rate: 0.001 }].map((each) => ({ ...QUICK, ...each })),
  },
  shuffled: {
    title: "Shuffled labels",
    before: "Every picture gets another's label. There is nothing to learn, and still watch the training line.",
    after: "It learnt its pictures by heart, down to the wrong labels, and of others it knows nothing: a low training loss alone proves nothing.",
    runs: [{ ...FEW, hidden_sizes: [256], train_size: 200, optimizer: "adam", learning_rate: 0.001, shuffle_labels: true }],
  },
  notebook: {
    title: "The notebook itself",
    before: "SGD at 0.01, batches of 64, five epochs: its training loss went 1.06, 0.39, 0.32, 0.29, 0.27.",
    after: "Those five losses, or near them: Under the hood, step 9, prints yours.",
    runs: [{}],
  },
};

// The set-ups of an experiment's runs.
export const setupsOf = (name, presets) => EXPERIMENTS[name].runs.map((changes) => ({ ...presets[BASE], ...changes }));
