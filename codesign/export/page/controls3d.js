// Turning and zooming with mouse, pen, fingers and wheel.

const TURN = 0.008; // radians per pixel
const WHEEL = 0.0014; // of magnification per pixel, as an exponent

/** Let hands on `canvas` move `orbit`; `onChange` is called after every movement. */
export function handle(canvas, orbit, onChange) {
  const pointers = new Map();
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    canvas.classList.add("held");
  });

  canvas.addEventListener("pointermove", (event) => {
    const pointer = pointers.get(event.pointerId);
    if (!pointer) return;
    const before = pointers.size === 2 && spread();
    const [aside, up] = [event.clientX - pointer.x, event.clientY - pointer.y];
    Object.assign(pointer, { x: event.clientX, y: event.clientY });
    if (before) orbit.approach(spread() / before);
    // Of two fingers each turns by half.
    orbit.turn((-aside * TURN) / pointers.size, (up * TURN) / pointers.size);
    onChange();
  });

  const release = (event) => {
    pointers.delete(event.pointerId);
    canvas.classList.toggle("held", pointers.size > 0);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);

  canvas.addEventListener(
    "wheel",
    (event) => {
      // Where it goes no nearer or farther, the page scrolls again.
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
      if (!orbit.approach(Math.exp(-pixels * WHEEL))) return;
      event.preventDefault();
      onChange();
    },
    { passive: false },
  );

  canvas.addEventListener("dblclick", () => {
    orbit.reset();
    onChange();
  });
}
