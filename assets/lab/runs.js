// The visitor's runs as the server tells of them, with the points of each that are here already.
import { isActive } from "./words.js";

export class Runs {
  list = []; // the newest last
  histories = new Map(); // run id -> {points, measures, losses}

  get newest() {
    return this.list.at(-1);
  }

  historyOf(id) {
    return this.histories.get(id) ?? { points: [], measures: [], losses: [] };
  }

  // Up to where the newest run's history is here, or undefined.
  get known() {
    const { id: run, rewinds } = this.newest ?? {};
    const history = this.histories.get(run);
    return history && { run, rewinds, points: history.points.length, measures: history.measures.length };
  }

  // Another session counts its runs from 1 again.
  forgetHistories() {
    this.histories.clear();
  }

  hear({ runs, history = {}, fresh = null }) {
    this.list = runs;
    for (const [id, whole] of Object.entries(history)) this.histories.set(Number(id), whole);
    if (fresh) this.append(fresh);
    for (const id of this.histories.keys()) {
      if (!runs.some((run) => run.id === id)) this.histories.delete(id);
    }
  }

  append({ run, from, points, measures, losses }) {
    const known = this.historyOf(run);
    this.histories.set(run, {
      points: [...known.points.slice(0, from[0]), ...points],
      measures: [...known.measures.slice(0, from[1]), ...measures],
      losses,
    });
  }
}

// Which orders a run takes; undefined: there is none yet.
export function ordersOf(run) {
  const running = isActive(run);
  return {
    pause: run?.status === "paused" || run?.status === "running",
    step: !running || run.status === "paused",
    stop: running && run.status !== "stopping",
    reset: run !== undefined,
  };
}
