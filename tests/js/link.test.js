import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EXPERIMENTS } from "../../assets/lab/experiments.js";
import { FIELDS, addressOf, readAddress } from "../../assets/lab/fields.js";
import { MOST_LETTERS, PLACES, isStep, lessonAddress, plain, readLesson } from "../../assets/lab/link.js";

const controls = {
  presets: { few: {} },
  choices: { activation: ["relu"], optimizer: ["sgd"] },
  ranges: { epochs: [1, 100], learning_rate: [1e-6, 10], seed: [0, 9], batch_size: [1, 9], weight_decay: [0, 1], dropout: [0, 1], train_size: [1, 9] },
  layers: 3,
  units: 1024,
};

// Numbers that look like chance and are the same each time.
function chance(seed) {
  return (below) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
}
const LETTERS = ["a", " ", "&", "=", "#", "%", "<b>", "</script>", "${x}", "{{y}}", "\u202e", "\u2066", "\0", "\n", "ש", "م", "🙂", "👩‍👧", "é", "\ud800", "+", "-"];

test("a lesson's address gives it back, beside a set-up that is left alone", () => {
  const frames = { learning_rate: "show", epochs: "lock", seed: "hide" };
  const lesson = { title: "Rates & <b>slopes</b>", sentence: "למה? +1 #2 🙂", open: "loss", experiment: "large", frames: { epochs: "lock", seed: "hide" } };
  const address = addressOf({ epochs: 3 }) + lessonAddress(lesson);
  assert.deepEqual(readLesson(address), { ...lesson, odd: [] });
  assert.deepEqual(readAddress(address, controls), { setup: { epochs: 3 }, odd: [], ink: null });
  const only = readLesson(lessonAddress({ frames })).frames;
  assert.deepEqual([only.learning_rate, only.epochs, only.seed, only.dropout], ["show", "lock", "hide", "hide"]);
  assert.equal(lessonAddress({}), "");
  assert.deepEqual(readLesson("#preset=few"), { title: "", sentence: "", open: null, experiment: null, frames: {}, odd: [] });
});

test("what says two things, or nothing that there is, is named and has no effect", () => {
  const { frames, odd } = readLesson("#hide=seed-rate-colour&lock=seed-epochs&show=rate-epochs-seed");
  assert.deepEqual([frames.seed, frames.learning_rate, frames.epochs, frames.dropout], [undefined, undefined, "lock", "hide"]);
  assert.deepEqual(odd, ["colour", "hide=seed", "hide=rate"]);
  const { open, experiment, odd: others } = readLesson("#open=constructor&experiment=__proto__");
  assert.deepEqual([open, experiment, others], [null, null, ["open", "experiment"]]);
});

test("whatever a lesson says comes back as a line of text of a bounded length", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const below = chance(seed);
    const text = () => Array.from({ length: below(60) ** 2 }, () => LETTERS[below(LETTERS.length)]).join("");
    const pairs = ["title", "sentence", "open", "experiment", "show", "hide", "lock", text().slice(0, 9)].map((key) => [key, text()]);
    const hash = `#${new URLSearchParams(pairs)}`;
    const read = readLesson(hash);
    for (const [key, most] of Object.entries(MOST_LETTERS)) {
      assert.ok([...read[key]].length <= most, hash);
      assert.doesNotMatch(read[key], /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      const whole = plain(read[key], most); // what is read can be kept and read again
      assert.equal(readLesson(lessonAddress(read))[key], whole);
    }
    assert.ok(Object.keys(read.frames).every((name) => FIELDS.includes(name)));
    assert.ok(read.odd.length <= 40);
    readAddress(hash, controls);
  }
  const huge = `#title=${"🙂".repeat(10_000)}&hide=${"x-".repeat(50_000)}`;
  const { title, odd } = readLesson(huge);
  assert.equal([...title].length, MOST_LETTERS.title);
  assert.deepEqual(odd, ["title", "x"]);
});

test("the places that a link opens are the page's own steps, and experiments have names that an address can hold", () => {
  const hood = readFileSync(new URL("../../assets/hood/hood.html", import.meta.url), "utf8");
  const steps = [...hood.matchAll(/<h3 id="hood-(\w+)"><span>(\d+)<\/span> (.*?)<\/h3>/g)].map(([, name, at, title]) => [name, `${at} ${title}`]);
  assert.deepEqual(Object.entries(PLACES).filter(([name]) => isStep(name)), steps);
  for (const name of Object.keys(EXPERIMENTS)) assert.equal(readLesson(`#experiment=${name}`).experiment, name);
});
