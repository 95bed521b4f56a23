import assert from "node:assert/strict";
import { test } from "node:test";
import { base64Of } from "../../assets/shared/bytes.js";
import { areOfSame, isBlank, lookedAt, travelling } from "../../assets/shared/drawn.js";
import { Drawing } from "../../assets/pad/drawing.js";
import { read } from "../../assets/pad/classifier.js";
import { placeOf } from "../../assets/pad/found.js";
import { Network } from "../../assets/pad/network.js";
import { answerOf, sendPicture } from "../../assets/pad/sending.js";
import { pictureIn } from "../../assets/pad/ways.js";
import { tinyModel } from "./files.js";

const PICTURE = { image: "AAAA", images: [], said: [] };

test("a picture stands in the strokes' place, and is undone and redone with them", () => {
  const drawing = new Drawing([[[1, 2]]]);
  drawing.replace([], PICTURE);
  assert.equal(isBlank(drawing), false);
  drawing.begin(5.4, 5);
  assert.deepEqual([drawing.picture, drawing.strokes], [null, [[[5.4, 5]]]]);
  drawing.drop(); // the palm of the hand that took the picture
  assert.equal(drawing.picture, PICTURE);
  drawing.undo();
  assert.deepEqual([drawing.picture, drawing.strokes], [null, [[[1, 2]]]]);
  drawing.redo();
  assert.equal(drawing.picture, PICTURE);
  drawing.clear();
  assert.ok(isBlank(drawing));
  drawing.undo();
  assert.equal(drawing.picture, PICTURE);
});

test("what travels is the picture's image, or else the strokes in whole units", () => {
  assert.deepEqual(travelling({ strokes: [], picture: PICTURE }, "ready"), { strokes: [], image: "AAAA", images: [], said: [] });
  assert.deepEqual(travelling({ strokes: [[[5.4, 5]]], picture: null }, "ready"), { strokes: [[[5, 5]]] });
});

test("what digits are beside their neighbours is told to the ready-made model alone", () => {
  const picture = { image: "AAAA", images: ["AAAA", "BBBB"], said: [[0.5], [0.25]] };
  const saidTo = (model) => travelling({ strokes: [], picture }, model).said;
  assert.deepEqual([saidTo("ready"), saidTo("yours")], [[[0.5], [0.25]], []]);
});

test("of a picture with a number, the chosen digit is looked at", () => {
  const page = { model: "ready", prediction: { model: "ready", weights: null }, strokes: [] };
  const picture = { image: "whole", images: ["four", "two"] };
  assert.equal(lookedAt({ ...page, chosen: { at: 1 }, picture }).image, "two");
  assert.equal(lookedAt({ ...page, chosen: null, picture }).image, "whole");
  assert.equal(lookedAt({ ...page, chosen: null, picture: PICTURE }).image, "AAAA");
});

test("a drawing is looked at with the weights that the pad's answer is of, and not before there is one", () => {
  const weights = { run: 1, step: null, version: 4 };
  const page = { model: "yours", prediction: { model: "yours", weights }, strokes: [], chosen: null, picture: null };
  assert.deepEqual(lookedAt(page), { strokes: [], model: "yours", weights });
  assert.equal(lookedAt({ ...page, prediction: null }), null);
  assert.equal(lookedAt({ ...page, prediction: { model: "ready", weights: null } }), null);
});

test("answers are of the same weights where run, step and version are", () => {
  const answer = (weights, model = "yours") => ({ model, weights });
  const one = answer({ run: 1, step: null, version: 4 });
  assert.ok(areOfSame(one, answer({ run: 1, step: null, version: 4 })));
  assert.ok(areOfSame(answer(null, "ready"), answer(null, "ready")));
  for (const other of [{ run: 2 }, { step: 20 }, { version: 5 }]) {
    assert.ok(!areOfSame(one, answer({ ...one.weights, ...other })));
  }
  assert.ok(!areOfSame(one, answer(null, "ready")));
  assert.ok(!areOfSame(null, one));
});

test("a picture lies in the pad as large as fits, in the middle", () => {
  assert.deepEqual(placeOf({ width: 400, height: 200 }, 1000), [0, 250, 1000, 500]);
  assert.deepEqual(placeOf({ width: 10, height: 20 }, 1000), [250, 0, 500, 1000]);
});

test("of what is dropped or pasted, one file is read, and an address or several files told of", () => {
  const file = { name: "photo.jpg" };
  assert.deepEqual(pictureIn({ files: [file], types: ["Files", "text/uri-list"] }), { file });
  assert.match(pictureIn({ files: [file, file], types: ["Files"] }).error, /One picture/);
  assert.match(pictureIn({ files: [], types: ["text/uri-list", "text/plain"] }).error, /an address/);
  assert.match(pictureIn({ files: [], types: ["Files"] }).error, /no picture/);
  assert.equal(pictureIn({ files: [], types: ["text/plain"] }), null);
});

test("whatever answers, there is a sentence", () => {
  const said = (status, responseText) => answerOf({ status, responseText }, { tooLarge: "Too large." });
  assert.deepEqual(said(200, '{"ok":true,"box":[]}'), { ok: true, box: [] });
  assert.equal(said(413, "").error, "Too large.");
  for (const status of [429, 503]) assert.match(said(status, '{"error":"x"}').error, /Many pictures/);
  for (const text of ["<html>", "null", "{}", ""]) assert.match(said(502, text).error, /could not be read/);
});

test("what is too large, or can't be read, does not even set out", async () => {
  const sent = { mostBytes: 2 ** 25 };
  assert.match((await sendPicture({ size: 2 ** 30 }, "", sent)).error, /at most 32 MB/);
  const folder = { size: 4096, slice: () => ({ arrayBuffer: () => Promise.reject(new Error("a folder")) }) };
  assert.match((await sendPicture(folder, "", sent)).error, /Is it a file/);
});

test("an image in the strokes' place is read as it is", () => {
  const image = new Float32Array(784);
  [image[0], image[1]] = [1, 0.5];
  const sent = base64Of(new Uint8Array(image.buffer));
  const answer = read(Network.from(tinyModel()), [], { images: [sent] });
  assert.deepEqual([answer.blank, answer.digit, ...answer.image.subarray(0, 3)], [false, 1, 255, 128, 0]);
  assert.deepEqual(answer.parts, []);
  const number = read(Network.from(tinyModel()), [], { images: [sent, sent] });
  assert.deepEqual(number.parts.map(({ at, digit }) => [at, digit]), [[0, 1], [1, 1]]);
  const pair = [...Array(11).keys()].map((digit) => (digit === 7 ? 0.99 : 0.001));
  const beside = read(Network.from(tinyModel()), [], { images: [sent, sent], said: [null, pair] });
  assert.deepEqual(beside.parts.map(({ digit, together }) => [digit, together]), [[1, false], [7, true]]);
  assert.ok(Math.abs(beside.probabilities.reduce((sum, each) => sum + each) - 1) < 1e-5);
});
