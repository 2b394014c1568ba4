// The one WebGL context of the page, with the lights. It draws every view out of sight, to be copied from there:
// browsers allow about sixteen contexts, and a gallery has more canvases than that.

import { three } from "./vendor/three.js";

const SUN = new three.Vector3(-0.5, -0.38, 1).normalize(); // direction to it
const SHADOW = 768; // texels along a side of the shadow's picture

let shared;

/** The page's graphics, or null where the browser has no WebGL 2. `onRestored` is called when a lost context is back. */
export function sharedGraphics(onRestored) {
  if (shared === undefined) {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("webgl2", { alpha: false, antialias: true, powerPreference: "low-power" });
    shared = context && new Graphics(canvas, context);
  }
  if (shared && onRestored) shared.onRestored = onRestored;
  return shared;
}

class Graphics {
  constructor(canvas, context) {
    this.renderer = new three.WebGLRenderer({ canvas, context });
    this.renderer.outputColorSpace = three.LinearSRGBColorSpace; // colours are mixed as the style sheet has them
    this.renderer.shadowMap.enabled = true;
    this.renderer.setScissorTest(true);
    this.size = [0, 0];
    // Sky from above and below, the sun that casts the body's shadow, and the lamp that attracts the robot.
    this.hemisphere = new three.HemisphereLight();
    this.hemisphere.position.set(0, 0, 1);
    this.sun = new three.DirectionalLight();
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(SHADOW, SHADOW);
    this.sun.shadow.radius = 2.5;
    this.lamp = new three.PointLight();
    canvas.addEventListener("webglcontextrestored", () => this.onRestored?.());
  }

  /**
   * Draw `objects` as `view` sees them, `width` by `height` pixels, onto the canvas `target` with its 2D context.
   *
   * `around` is a ball that holds what casts shadows, `tone` the light from below, from above and of the sun, `lamp` a
   * light's place, colour and reach [m] or null. Nothing is drawn while the context is lost.
   */
  draw({ objects, view, around, tone, sky, lamp }, width, height, target) {
    const { renderer } = this;
    if (renderer.getContext().isContextLost()) return;
    // Growing costs a new picture, so it happens only when a larger view than any before is drawn.
    if (this.size[0] < width || this.size[1] < height) {
      this.size = [Math.max(this.size[0], width), Math.max(this.size[1], height)];
      renderer.setSize(...this.size, false);
    }
    this.placeSun(around, tone);
    if (lamp) this.placeLamp(lamp);
    const scene = new three.Scene();
    scene.background = new three.Color(...sky);
    scene.add(this.hemisphere, this.sun, this.sun.target, ...(lamp ? [this.lamp] : []), ...objects);
    renderer.setViewport(0, 0, width, height);
    renderer.setScissor(0, 0, width, height);
    renderer.render(scene, view.camera);
    target.drawImage(renderer.domElement, 0, this.size[1] - height, width, height, 0, 0, width, height);
  }

  placeSun({ center, radius }, [below, above, direct]) {
    // three.js divides by pi what a surface scatters; together 1 on level ground in the sun.
    this.hemisphere.groundColor.setRGB(below, below, below);
    this.hemisphere.color.setRGB(above, above, above);
    this.hemisphere.intensity = Math.PI;
    this.sun.intensity = Math.PI * direct;
    this.sun.target.position.copy(center);
    this.sun.position.copy(center).addScaledVector(SUN, 3 * radius);
    const { camera } = this.sun.shadow;
    [camera.left, camera.right, camera.bottom, camera.top] = [-1.2, 1.2, -1.2, 1.2].map((side) => side * radius);
    [camera.near, camera.far] = [0.1 * radius, 6 * radius];
    camera.updateProjectionMatrix();
    this.sun.shadow.normalBias = 0.01 * radius;
  }

  placeLamp({ place, colour, reach }) {
    this.lamp.position.set(...place);
    this.lamp.color.setRGB(...colour);
    this.lamp.intensity = 0.12 * reach ** 2;
  }
}
