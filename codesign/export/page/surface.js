// A canvas that is as large as it is seen, in pixels of the screen.

export class Surface {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /** Adapt to the canvas' place on the page: `width` and `height` in the page's pixels. Whether there is any place. */
  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    [this.width, this.height] = [clientWidth, clientHeight];
    const [width, height] = [Math.round(clientWidth * this.ratio), Math.round(clientHeight * this.ratio)];
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    return width > 0 && height > 0;
  }

  /** Room for positions, kept from one moment to the next. */
  buffer(length) {
    if (this.positions?.length !== length) this.positions = new Float32Array(length);
    return this.positions;
  }
}
