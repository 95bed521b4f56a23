import assert from "node:assert/strict";
import { test } from "node:test";
import { compact, grouped, number, orNan, percent, precisePercent, seconds, small } from "../../assets/shared/numbers.js";

test("percent", () => {
  assert.equal(percent(0.98765), "98.8 %");
  assert.equal(percent(0.98765, 2), "98.77 %");
  assert.equal(percent(0), "0.0 %");
  assert.equal(percent(1, 0), "100 %");
  for (const none of [null, undefined, NaN, Infinity]) assert.equal(percent(none), "–");
});

test("a precise percentage has digits enough for its logarithm", () => {
  assert.equal(precisePercent(0.5), "50.0 %");
  assert.equal(precisePercent(0.999955), "99.9955 %");
  assert.equal(precisePercent(0.00027), "0.027 %");
  assert.equal(precisePercent(0), "0.0 %");
  assert.equal(precisePercent(1), "100.0 %");
  assert.match(precisePercent(1e-30), /^0\.\d{8} %$/);
});

test("null is nan where numbers are explained", () => {
  assert.equal(orNan(null, percent), "nan");
  assert.equal(orNan(0.5, percent), "50.0 %");
  assert.equal(number(null), "nan");
  assert.equal(number(1 / 3), "0.333");
  assert.equal(number(-1.25, 1), "-1.3");
  assert.equal(small(null), "nan");
});

test("small losses are written with powers of ten", () => {
  assert.equal(small(2.302585), "2.3026");
  assert.equal(small(0.001), "0.0010");
  assert.equal(small(0.00012345), "1.234e-4");
  assert.equal(small(-0.0005), "-5.000e-4");
  assert.equal(small(0), "0.0000");
});

test("seconds", () => {
  assert.equal(seconds(0.04), "0.0 s");
  assert.equal(seconds(9.96), "10.0 s");
  assert.equal(seconds(10), "10 s");
  assert.equal(seconds(89.4), "89 s");
  assert.equal(seconds(90), "2 min");
  assert.equal(seconds(3600), "60 min");
  for (const none of [null, undefined, NaN]) assert.equal(seconds(none), "–");
});

test("large numbers", () => {
  assert.equal(grouped(1234567), "1,234,567");
  assert.equal(compact(1234567), "1.23M");
  assert.equal(compact(999), "999");
});
