// What the chart's axes show.
const TOP_LOSS = 4;

const placeOf = (row) => row?.[0] ?? 0;

// {total: how far it is across, loss: {low, high, ticks, over: the highest loss where it is above, or null},
// accuracy: {low, high, ticks}}; runs: the one that it is about last, along one of AXES.
export function scalesOf(runs, axis) {
  const newest = runs.at(-1);
  const ends = runs.map(({ points, measures }) => Math.max(placeOf(points.at(-1)), placeOf(measures.at(-1))));
  const planned = newest.active ? axis.planned(newest) : 0;
  const total = Math.max(axis.least, planned, ...ends);
  // The first steps are far off; the scale fits what comes after them, once there is enough of it. A short
  // run that it is about, or that lies beside that one, may have no more than those.
  const beside = runs.find(({ isBeside }) => isBeside);
  const about = newest.active && !beside ? [] : [newest, beside];
  const later = runs.flatMap((run) => {
    const rows = run.measures.filter((row) => row[0] > 0.04 * total);
    return rows.length || !about.includes(run) ? rows : run.measures;
  });
  const seen = later.length ? later : newest.measures;
  const loss = lossScale(seen);
  const losses = runs.flatMap(({ points, measures }) => [...points, ...measures].map((row) => row[1] ?? 0));
  const most = losses.reduce((sofar, value) => Math.max(sofar, value), 0);
  return { total, loss: { ...loss, over: most > loss.high ? most : null }, accuracy: accuracyScale(seen) };
}

function lossScale(rows) {
  const high = Math.min(TOP_LOSS, Math.max(0.2, ...rows.map((row) => row[1] ?? 0)) * 1.15);
  return { low: 0, high, ticks: niceTicks(high) };
}

function accuracyScale(rows) {
  const least = Math.min(...rows.map((row) => row[2] ?? 1));
  const low = [0.9, 0.8, 0.5].find((value) => least > value) ?? 0;
  return { low, high: 1, ticks: [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * (1 - low)) };
}

export function niceTicks(high) {
  const step = [0.05, 0.1, 0.2, 0.5, 1].find((size) => high / size <= 6) ?? 2;
  const ticks = [];
  for (let value = 0; value <= high + 1e-9; value += step) ticks.push(Number(value.toFixed(2)));
  return ticks;
}

// A run's colour among the earlier ones.
export const colourOf = (id) => `hsl(${(id * 67 + 150) % 360} 45% 55%)`;
