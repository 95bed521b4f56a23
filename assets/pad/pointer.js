// Mouse, finger, pen.
import { BOX } from "../shared/strokes.js";

// So long after the pen was heard of, a touch is the palm beside it.
const PALM_MS = 1000;
const RESTING_PEN_MS = 5000; // a pen that is down may hold still

// Where an event lies in the box, in tenths; `frame` is the canvas's place on the page.
export function placeIn({ left, top, width, height }, { clientX, clientY }) {
  const inside = (share) => Math.min(BOX, Math.max(0, Math.round(share * BOX * 10) / 10));
  return [inside((clientX - left) / width), inside((clientY - top) / height)];
}

// Which pointer draws: the first one down, but a pen goes before the palm beside it; and one that is
// down anew, or moves with no button pressed, has ended without a word.
export class Pointers {
  drawing = null; // {id, type}
  penAt = -Infinity;

  hear({ pointerType, timeStamp }) {
    if (pointerType === "pen") this.penAt = timeStamp;
  }

  // "begin" a stroke; "replace" the one under way, which was the palm's; or null: leave it alone.
  down(event) {
    const before = this.drawing?.type;
    if (event.pointerType === "touch" && this.isBeside(event, before)) return null;
    this.drawing = { id: event.pointerId, type: event.pointerType };
    return before === "touch" && event.pointerType === "pen" ? "replace" : "begin";
  }

  // A palm beside the pen, or another finger beside the first.
  isBeside({ isPrimary, timeStamp }, before) {
    const palm = timeStamp - this.penAt < (before === "pen" ? RESTING_PEN_MS : PALM_MS);
    return palm || (before === "touch" && !isPrimary);
  }

  isOver({ pointerType, buttons }) {
    return pointerType !== "touch" && buttons === 0;
  }

  owns({ pointerId }) {
    return this.drawing?.id === pointerId;
  }
}

// pad: {begin(x, y), extend(points, at), finish(), drop()}. Returns whether a pointer is down.
export function drawByPointer(canvas, pad) {
  const pointers = new Pointers();
  const place = (event) => placeIn(canvas.getBoundingClientRect(), event);

  function end() {
    if (!pointers.drawing) return;
    pointers.drawing = null;
    pad.finish();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const what = pointers.down(event);
    pointers.hear(event);
    if (!what) return;
    if (what === "replace") pad.drop();
    canvas.focus({ preventScroll: true, focusVisible: false });
    try {
      canvas.setPointerCapture(event.pointerId);
    } catch {
      // Not captured, it draws as long as it stays on the pad.
    }
    pad.begin(...place(event));
  });
  // Prevented on `pointerdown`, WebKitGTK would send nothing more of a pen.
  canvas.addEventListener("mousedown", (event) => event.preventDefault());

  canvas.addEventListener("pointermove", (event) => {
    pointers.hear(event);
    if (!pointers.owns(event)) return;
    if (pointers.isOver(event)) {
      end();
      return;
    }
    const events = event.getCoalescedEvents?.() ?? [];
    pad.extend((events.length ? events : [event]).map(place), event.timeStamp);
  });

  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    window.addEventListener(name, (event) => {
      if (event.target === canvas) pointers.hear(event);
      if (pointers.owns(event)) end();
    });
  }
  window.addEventListener("blur", end);
  document.addEventListener("visibilitychange", end);
  return () => pointers.drawing !== null;
}
