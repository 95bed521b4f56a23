import assert from "node:assert/strict";
import { test } from "node:test";
import { latestOnly, sleep } from "../../assets/shared/latest.js";

// Work that lasts until it is told to end: `ended[i](value)`, `failed[i](error)`.
function slow() {
  const seen = [];
  const ended = [];
  const failed = [];
  const work = (...given) => {
    seen.push(given);
    return new Promise((resolve, reject) => {
      ended.push(resolve);
      failed.push(reject);
    });
  };
  return { work, seen, ended, failed };
}
const turn = () => sleep(0);

test("the first call runs at once", () => {
  const { work, seen } = slow();
  latestOnly(work)("a", 1);
  assert.deepEqual(seen, [["a", 1]]);
});

test("calls that come meanwhile make one more run, with what the last was given", async () => {
  const { work, seen, ended } = slow();
  const run = latestOnly(work);
  run("a");
  run("b");
  run("c");
  assert.deepEqual(seen, [["a"]]);
  ended[0]();
  await turn();
  assert.deepEqual(seen, [["a"], ["c"]]);
  ended[1]();
  await turn();
  assert.equal(seen.length, 2);
});

test("the promise is kept when nothing is due any more", async () => {
  const { work, ended } = slow();
  const run = latestOnly(work);
  const kept = [];
  run().then(() => kept.push("first"));
  run().then(() => kept.push("second"));
  ended[0]();
  await turn();
  assert.deepEqual(kept, []);
  ended[1]();
  await turn();
  assert.deepEqual(kept, ["first", "second"]);
});

test("it runs again after it has come to rest, and at the very moment when it does", async () => {
  const { work, seen, ended } = slow();
  const run = latestOnly(work);
  run(1).then(() => run(2));
  ended[0]();
  await turn();
  assert.deepEqual(seen, [[1], [2]]);
  ended[1]();
  await turn();
  run(3);
  assert.deepEqual(seen, [[1], [2], [3]]);
});

test("a call from within the work is the next run", async () => {
  const seen = [];
  const run = latestOnly(async (count) => {
    seen.push(count);
    if (count < 3) run(count + 1);
    await turn();
  });
  await run(1);
  assert.deepEqual(seen, [1, 2, 3]);
});

test("a failure breaks the promise and leaves the way free", async () => {
  const { work, seen, ended, failed } = slow();
  const run = latestOnly(work);
  const broken = run("a");
  failed[0](new Error("lost"));
  await assert.rejects(broken, /lost/);
  assert.equal(run.isBusy(), false);
  const kept = run("b");
  ended[1]();
  await kept;
  assert.deepEqual(seen, [["a"], ["b"]]);
});

test("a failure is forgotten where another run is due", async () => {
  const { work, seen, ended, failed } = slow();
  const run = latestOnly(work);
  const kept = run("a");
  run("b");
  failed[0](new Error("lost"));
  await turn();
  assert.deepEqual(seen, [["a"], ["b"]]);
  ended[1]();
  await kept;
});

test("work that throws before its first wait fails in the same way", async () => {
  const run = latestOnly(async () => {
    throw new Error("at once");
  });
  await assert.rejects(run(), /at once/);
  await assert.rejects(run(), /at once/);
});

test("what the work returns, undefined too, makes no difference", async () => {
  for (const value of [undefined, null, 0, "late"]) {
    let runs = 0;
    const run = latestOnly(async () => {
      runs += 1;
      return value;
    });
    await run();
    await run();
    assert.equal(runs, 2);
  }
});

test("a run that never ends holds back the next, and only that", async () => {
  const { work, seen } = slow();
  const stuck = latestOnly(work);
  const other = latestOnly(work);
  stuck("a");
  stuck("b");
  other("c");
  await turn();
  assert.deepEqual(seen, [["a"], ["c"]]);
});

test("it says whether it is busy and whether another run is due", async () => {
  const { work, ended } = slow();
  const run = latestOnly(work);
  assert.deepEqual([run.isBusy(), run.isDue()], [false, false]);
  run();
  assert.deepEqual([run.isBusy(), run.isDue()], [true, false]);
  run();
  assert.deepEqual([run.isBusy(), run.isDue()], [true, true]);
  ended[0]();
  await turn();
  assert.deepEqual([run.isBusy(), run.isDue()], [true, false]);
  ended[1]();
  await turn();
  assert.deepEqual([run.isBusy(), run.isDue()], [false, false]);
});
