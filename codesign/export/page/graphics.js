// The one WebGL context of the page. It draws every view out of sight, to be copied from there: browsers allow about
// sixteen contexts, and a gallery has more canvases than that.

import { BALLS, DEPTH, FACES, GROUND, RODS } from "./shaders.js";

const SHADOW = 768; // texels along a side of the shadow's picture

/** Floats per vertex or instance, as groups of what each attribute takes. */
export const LAYOUT = { ground: [3, 3], faces: [3, 3, 3, 2], rods: [3, 3, 4, 1], balls: [3, 1, 4, 1] };

let shared;

/** The page's graphics, or null where the browser has no WebGL 2. `onRestored` is called when a lost context is back. */
export function sharedGraphics(onRestored) {
  if (shared === undefined) {
    const canvas = document.createElement("canvas");
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: true, powerPreference: "low-power" });
    shared = gl && new Graphics(canvas, gl);
  }
  if (shared && onRestored) shared.onRestored = onRestored;
  return shared;
}

class Graphics {
  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    canvas.width = canvas.height = 1;
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.build();
      this.onRestored?.();
    });
    this.build();
  }

  build() {
    const { gl } = this;
    this.programs = {
      ground: makeProgram(gl, GROUND.vertex, GROUND.fragment),
      faces: makeProgram(gl, FACES.vertex, FACES.fragment),
      rods: makeProgram(gl, RODS.vertex, RODS.fragment),
      balls: makeProgram(gl, BALLS.vertex, BALLS.fragment),
      faceDepths: makeProgram(gl, FACES.vertex, DEPTH),
      rodDepths: makeProgram(gl, RODS.vertex, DEPTH),
    };
    this.grounds = new Map();
    this.faces = makeArray(gl, LAYOUT.faces, 0);
    this.rods = makeArray(gl, LAYOUT.rods, 1);
    this.balls = makeArray(gl, LAYOUT.balls, 1);
    this.corners = gl.createBuffer();
    this.quads = 0;
    this.shadow = makeShadow(gl);
    gl.enable(gl.DEPTH_TEST);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
  }

  /**
   * Draw one scene, `width` by `height` pixels, onto the canvas `target` with its 2D context.
   *
   * `scene` has `sky` (colour), `uniforms` of all programs, `sunUniforms` (the same seen from the sun), `ground` (a
   * Heightfield), `groundUniforms`, `faces` and `rods` and `balls` and `halos` (numbers as `LAYOUT` says, in use `count` each),
   * `faceUniforms`, `solid` (faces are opaque). Nothing is drawn while the context is lost.
   */
  draw(scene, width, height, target) {
    const { gl, canvas } = this;
    if (gl.isContextLost()) return;
    // Growing costs a new picture, so it happens only when a larger view than any before is drawn.
    if (canvas.width < width) canvas.width = width;
    if (canvas.height < height) canvas.height = height;
    this.fill(this.faces, scene.faces);
    this.fill(this.rods, scene.rods);
    this.ensureCorners(scene.faces.count / 4);
    this.drawShadow(scene);
    gl.viewport(0, 0, width, height);
    gl.clearColor(...scene.sky, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.drawGround(scene);
    if (scene.solid) this.drawFaces(scene);
    this.use("rods", scene.uniforms);
    this.drawInstances(this.rods, scene.rods.count);
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    this.drawBalls(scene.halos, scene.uniforms);
    gl.depthMask(true);
    this.drawBalls(scene.balls, scene.uniforms);
    gl.depthMask(false);
    if (!scene.solid) this.drawFaces(scene);
    gl.depthMask(true);
    gl.disable(gl.BLEND);
    target.drawImage(canvas, 0, canvas.height - height, width, height, 0, 0, width, height);
  }

  drawShadow({ solid, faces, rods, sunUniforms }) {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.shadow.frame);
    gl.viewport(0, 0, SHADOW, SHADOW);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    this.use(solid ? "faceDepths" : "rodDepths", sunUniforms);
    if (solid) this.drawQuads(faces.count / 4);
    else this.drawInstances(this.rods, rods.count);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.bindTexture(gl.TEXTURE_2D, this.shadow.texture);
  }

  drawGround({ ground, uniforms, groundUniforms }) {
    const { gl } = this;
    if (!this.grounds.has(ground)) this.grounds.set(ground, makeGround(gl, ground));
    const { array, count } = this.grounds.get(ground);
    this.use("ground", uniforms, groundUniforms);
    gl.bindVertexArray(array);
    gl.drawElements(gl.TRIANGLES, count, gl.UNSIGNED_INT, 0);
  }

  drawFaces({ faces, uniforms, faceUniforms }) {
    this.use("faces", uniforms, faceUniforms);
    this.drawQuads(faces.count / 4);
  }

  drawQuads(quads) {
    if (quads === 0) return;
    this.gl.bindVertexArray(this.faces.array);
    this.gl.drawElements(this.gl.TRIANGLES, quads * 6, this.gl.UNSIGNED_INT, 0);
  }

  drawBalls(balls, uniforms) {
    this.fill(this.balls, balls);
    this.use("balls", uniforms);
    this.drawInstances(this.balls, balls.count);
  }

  drawInstances({ array }, count) {
    this.gl.bindVertexArray(array);
    this.gl.drawArraysInstanced(this.gl.TRIANGLE_STRIP, 0, 4, count);
  }

  /** The triangles of quadrilaterals whose corners follow one another, the same for every body. */
  ensureCorners(quads) {
    const { gl } = this;
    gl.bindVertexArray(this.faces.array);
    if (this.quads >= quads) return;
    this.quads = Math.ceil(quads * 1.5);
    const triangles = new Uint32Array(this.quads * 6);
    for (let i = 0; i < this.quads; i++) triangles.set([0, 1, 2, 0, 2, 3].map((corner) => 4 * i + corner), 6 * i);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.corners);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, triangles, gl.STATIC_DRAW);
  }

  fill({ buffer, size }, { numbers, count }) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, numbers.subarray(0, count * size), gl.STREAM_DRAW);
  }

  use(name, ...uniforms) {
    const { program, setters } = this.programs[name];
    this.gl.useProgram(program);
    for (const each of uniforms) {
      for (const [key, value] of Object.entries(each)) setters[key]?.(value);
    }
  }
}

function makeProgram(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`shader: ${[gl.getProgramInfoLog(program), ...logs].join(" ")}`);
  }
  const set = {
    [gl.FLOAT]: (at, value) => gl.uniform1f(at, value),
    [gl.FLOAT_VEC2]: (at, value) => gl.uniform2fv(at, value),
    [gl.FLOAT_VEC3]: (at, value) => gl.uniform3fv(at, value),
    [gl.FLOAT_VEC4]: (at, value) => gl.uniform4fv(at, value),
    [gl.FLOAT_MAT4]: (at, value) => gl.uniformMatrix4fv(at, false, value),
  };
  const setters = {};
  const uniforms = gl.isContextLost() ? 0 : gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS);
  for (let i = 0; i < uniforms; i++) {
    const { name, type } = gl.getActiveUniform(program, i);
    const at = gl.getUniformLocation(program, name);
    // The only sampler reads the shadow, which is bound to the first unit, as it is unless said otherwise.
    if (set[type]) setters[name] = (value) => set[type](at, value);
  }
  return { program, setters };
}

/** A buffer of vertices (`divisor` 0) or instances (1) whose attributes take so many floats each. */
function makeArray(gl, attributes, divisor) {
  const size = attributes.reduce((sum, each) => sum + each);
  const array = gl.createVertexArray();
  const buffer = gl.createBuffer();
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  let offset = 0;
  attributes.forEach((each, location) => {
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, each, gl.FLOAT, false, size * 4, offset * 4);
    gl.vertexAttribDivisor(location, divisor);
    offset += each;
  });
  return { array, buffer, size };
}

function makeGround(gl, ground) {
  const { vertices, triangles } = ground.mesh();
  const { array } = makeArray(gl, LAYOUT.ground, 0);
  gl.bufferData(gl.ARRAY_BUFFER, vertices, gl.STATIC_DRAW);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, triangles, gl.STATIC_DRAW);
  return { array, count: triangles.length };
}

/** A picture of distances from the sun, read by comparison. */
function makeShadow(gl) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.DEPTH_COMPONENT24, SHADOW, SHADOW);
  for (const [name, value] of [
    [gl.TEXTURE_COMPARE_MODE, gl.COMPARE_REF_TO_TEXTURE],
    [gl.TEXTURE_COMPARE_FUNC, gl.LEQUAL],
    [gl.TEXTURE_MIN_FILTER, gl.LINEAR],
    [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
  ]) {
    gl.texParameteri(gl.TEXTURE_2D, name, value);
  }
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, texture, 0);
  gl.drawBuffers([gl.NONE]);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  return { texture, frame };
}
