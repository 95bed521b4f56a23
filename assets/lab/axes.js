// What the chart's curves run along.
import { grouped, seconds } from "../shared/numbers.js";

// at: where a row of a run stands. planned: how far an active run will get. least: of the axis.
export const AXES = {
  steps: { at: ([step]) => step, planned: ({ total }) => total ?? 0, least: 20, words: (value) => `${grouped(Math.round(value))} steps` },
  epochs: {
    at: ([step], { perEpoch }) => step / (perEpoch || 1),
    planned: ({ epochs }) => epochs ?? 0,
    least: 0.1,
    words: (value) => `${Number(value.toFixed(1))} epochs`,
  },
  seconds: { at: (row) => row[3] ?? 0, planned: () => 0, least: 0.1, words: seconds },
};

// A run with its rows as [place on the axis, loss, accuracy].
export function along(run, { at }) {
  const placed = (rows) => rows.map((row) => [at(row, run), row[1], row[2]]);
  return { ...run, points: placed(run.points), measures: placed(run.measures) };
}
