// One run of `work` at a time. Calls that come meanwhile make one more run, with what the last of
// them was given; the promise is kept when nothing is due any more. A run that fails is forgotten
// where another is due, else the promise is broken.
export function latestOnly(work) {
  let due = null; // what the next run is given
  let running = null;

  async function run() {
    try {
      while (due) {
        const given = due;
        due = null;
        await work(...given).catch((error) => {
          if (!due) throw error;
        });
      }
    } finally {
      running = null;
    }
  }

  const request = (...given) => {
    due = given;
    running ??= run();
    return running;
  };
  return Object.assign(request, { isDue: () => due !== null, isBusy: () => running !== null });
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// `work`, so long after it was asked for, and once for all who ask meanwhile.
export function spaced(ms, work) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      work();
    }, ms);
  };
}
