import assert from "node:assert/strict";
import { test } from "node:test";
import { partsIn } from "../../assets/shared/present.js";
import { kept } from "../../assets/shared/storage.js";
import { placeBeside } from "../../assets/shared/tour.js";

test("an address names parts of the page, and what it names besides is left out", () => {
  assert.deepEqual(partsIn("diagram-pad-nonsense"), ["pad", "diagram"]);
  for (const text of ["", "nonsense"]) assert.deepEqual(partsIn(text), ["pad", "bars"], text);
});

test("the tour's words stand in the window, and beside or below their target where there is room", () => {
  const box = { width: 340, height: 130 };
  const place = (left, top, width, height, innerWidth, innerHeight) =>
    placeBeside({ left, top, right: left + width, bottom: top + height, width, height }, box, { innerWidth, innerHeight });
  assert.deepEqual(place(70, 70, 300, 300, 1280, 800), { left: 382, top: 70 });
  assert.deepEqual(place(460, 280, 100, 36, 1280, 800), { left: 460, top: 328 });
  assert.deepEqual(place(460, 700, 400, 60, 1280, 800), { left: 460, top: 558 });
  assert.deepEqual(place(1200, 780, 70, 16, 1280, 800), { left: 932, top: 638 });
  assert.deepEqual(place(10, 90, 370, 300, 390, 844), { left: 8, top: 706 });
});

test("what a later visit finds is nothing where the browser keeps nothing", () => {
  globalThis.localStorage = { getItem: () => "1" };
  assert.equal(kept.read("mnist:tour"), "1");
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: () => { throw new Error("closed"); } });
  kept.write("mnist:tour", "1");
  assert.equal(kept.read("mnist:tour"), null);
});
