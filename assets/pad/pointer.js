// Mouse, finger, pen.
import { BOX } from "../shared/strokes.js";

// Where an event lies in the box, in tenths; `frame` is the canvas's place on the page.
export function placeIn({ left, top, width, height }, { clientX, clientY }) {
  const inside = (share) => Math.min(BOX, Math.max(0, Math.round(share * BOX * 10) / 10));
  return [inside((clientX - left) / width), inside((clientY - top) / height)];
}

// pad: {begin(x, y), extend(points, at), finish()}. Returns whether a pointer is down.
export function drawByPointer(canvas, pad) {
  let pointer = null; // the first one down; others wait
  const place = (event) => placeIn(canvas.getBoundingClientRect(), event);

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true, focusVisible: false });
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    pad.begin(...place(event));
  });

  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    pad.extend((events.length ? events : [event]).map(place), event.timeStamp);
  });

  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      pad.finish();
    });
  }
  return () => pointer !== null;
}
