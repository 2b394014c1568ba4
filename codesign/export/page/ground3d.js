// The ground as an object of three.js: lit and shadowed by its material, with lines drawn on it in metres.

import { three } from "./vendor/three.js";

const meshes = new WeakMap();

/** What is drawn on every ground, filled anew for each view. */
const uniforms = {
  line: { value: new three.Color() },
  sky: { value: new three.Color() },
  grid: { value: [0, 0, 1, 1] },
  contour: { value: 0 },
  start: { value: [0, 0, 0] },
  focus: { value: [0, 0] },
  fade: { value: [1, 2] },
};

const LINES = `
varying vec3 place;
varying float slope;
uniform vec3 line;
uniform vec3 sky;
uniform vec4 grid;        // where it starts (x, y), distance of its lines, how strong they are
uniform float contour;    // height between contour lines; 0: none
uniform vec3 start;       // where the robot began (x, y) and how far around it the ring is; 0: none
uniform vec2 focus;
uniform vec2 fade;        // distances from the focus where the ground begins to fade and where it is gone

// How much of a line as wide as \`width\` pixels lies on this one, for lines at whole values; none where they run together.
float lines(float value, float width) {
  float each = fwidth(value);
  float away = abs(fract(value - 0.5) - 0.5) / max(each, 1e-9);
  return clamp(width * 0.5 + 0.5 - away, 0.0, 1.0) * (1.0 - smoothstep(0.15, 0.45, each));
}
`;

const DRAWN = `
vec2 at = (place.xy - grid.xy) / grid.z;
float fine = max(lines(at.x, 1.0), lines(at.y, 1.0));
float coarse = max(lines(at.x / 5.0, 1.6), lines(at.y / 5.0, 1.6));
float strength = max(fine * 0.16, coarse * 0.34) * grid.w;
// Level ground at the height of a contour line would be all line.
if (contour > 0.0) strength = max(strength, 0.26 * smoothstep(0.005, 0.03, slope) * lines(place.z / contour, 1.3));
if (start.z > 0.0) {
  float around = distance(place.xy, start.xy) - start.z;
  strength = max(strength, 0.75 * clamp(1.4 - abs(around) / fwidth(around), 0.0, 1.0));
}
float light = dot(gl_FragColor.rgb, vec3(0.33)) / dot(diffuse, vec3(0.33));
gl_FragColor.rgb = mix(gl_FragColor.rgb, line * mix(0.75, 1.0, light), strength);
gl_FragColor.rgb = mix(gl_FragColor.rgb, sky, smoothstep(fade.x, fade.y, distance(place.xy, focus)));
`;

const material = new three.MeshLambertMaterial({ vertexColors: true });
material.onBeforeCompile = (shader) => {
  Object.assign(shader.uniforms, uniforms);
  const grow = (name, chunk, more) => (shader[name] = shader[name].replace(`#include <${chunk}>`, `#include <${chunk}>\n${more}`));
  grow("vertexShader", "common", "varying vec3 place;\nvarying float slope;\nattribute float steepness;");
  grow("vertexShader", "begin_vertex", "place = position;\nslope = steepness;");
  grow("fragmentShader", "common", LINES);
  grow("fragmentShader", "opaque_fragment", DRAWN);
};

/** The mesh of a heightfield, made once. */
export function meshOf(ground) {
  if (!meshes.has(ground)) meshes.set(ground, makeMesh(ground));
  return meshes.get(ground);
}

/** Draw on the next ground: `soil`, `line` and `sky` are colours, the rest is said at the uniforms. */
export function drawOnGround({ soil, line, sky, ...rest }) {
  material.color.setRGB(...soil);
  uniforms.line.value.setRGB(...line);
  uniforms.sky.value.setRGB(...sky);
  for (const [name, value] of Object.entries(rest)) uniforms[name].value = value;
}

function makeMesh(ground) {
  const { vertices, triangles } = ground.mesh();
  const count = vertices.length / 6;
  const [place, normal, colour] = [0, 1, 2].map(() => new three.BufferAttribute(new Float32Array(count * 3), 3));
  const steepness = new three.BufferAttribute(new Float32Array(count), 1);
  for (let i = 0; i < count; i++) {
    const [x, y, z, alongX, alongY, up] = vertices.subarray(6 * i, 6 * i + 6);
    const slope = Math.hypot(alongX, alongY) / up;
    place.setXYZ(i, x, y, z);
    // Lit as if it were steeper than it is, as maps shade hills.
    normal.setXYZ(i, ...new three.Vector3(1.7 * alongX, 1.7 * alongY, up).normalize());
    // Walls are darker, because those that face the sun would be as light as level ground.
    const part = 1 - 0.2 * Math.min(Math.max((slope - 0.3) / 0.7, 0), 1);
    colour.setXYZ(i, part, part, part);
    steepness.setX(i, slope);
  }
  const geometry = new three.BufferGeometry();
  for (const [name, each] of Object.entries({ position: place, normal, color: colour, steepness })) geometry.setAttribute(name, each);
  geometry.setIndex(new three.BufferAttribute(triangles, 1));
  const mesh = new three.Mesh(geometry, material);
  mesh.receiveShadow = true;
  return mesh;
}
