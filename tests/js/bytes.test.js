import assert from "node:assert/strict";
import { test } from "node:test";
import { base64Of, bytesOf, signedBytesOf } from "../../assets/shared/bytes.js";

test("base64 is decoded as Node decodes it", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(bytesOf(Buffer.from(bytes).toString("base64")), bytes);
  assert.deepEqual(bytesOf(""), new Uint8Array());
});

test("signed bytes keep their signs", () => {
  const text = Buffer.from(Int8Array.from([-127, -1, 0, 1, 127]).buffer).toString("base64");
  assert.deepEqual([...signedBytesOf(text)], [-127, -1, 0, 1, 127]);
});

test("bytes of any length come back as they were", () => {
  for (const length of [0, 1, 2, 3, 8191, 8192, 8193, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 256);
    assert.equal(base64Of(bytes), Buffer.from(bytes).toString("base64"));
    assert.deepEqual(bytesOf(base64Of(bytes)), bytes);
  }
});

test("a part of a larger buffer is taken alone", () => {
  const whole = Uint8Array.from([1, 2, 3, 4, 5]);
  assert.deepEqual([...bytesOf(base64Of(whole.subarray(1, 3)))], [2, 3]);
});

test("what is no base64 is refused", () => {
  assert.throws(() => bytesOf("ä"));
});
