// The chart's figures in rows: its twin, a table, and a file to keep.
import { percent } from "../shared/numbers.js";
import { measuresOf } from "./words.js";

const three = (value) => value?.toFixed(3) ?? "–";

function rowsOf({ points, measures }, named) {
  return measures.map(([step, loss, accuracy, elapsed]) => {
    const training = points.findLast((point) => point[0] <= step);
    return [step, ...named, three(training?.[1]), three(loss), percent(accuracy), elapsed.toFixed(1)];
  });
}

// {titles, rows} of a run, and of the one that lies beside it, if any.
export function tableOf(run, beside) {
  const both = beside ? [run, beside] : [run];
  const title = measuresOf(both.map(({ measure }) => measure));
  const figures = ["Training loss", `${title} loss`, `${title} accuracy`, "Seconds"];
  if (!beside) return { titles: ["Step", ...figures], rows: rowsOf(run, []) };
  return { titles: ["Step", "Run", ...figures], rows: both.flatMap((each) => rowsOf(each, [each.id])) };
}

export function csvOf(runs) {
  const lines = ["run,kind,step,loss,accuracy,seconds"];
  for (const { id, points, measures, measure } of runs) {
    for (const row of points) lines.push([id, "training", ...row].join(","));
    for (const row of measures) lines.push([id, measure.name, ...row].join(","));
  }
  return `${lines.join("\n")}\n`;
}
