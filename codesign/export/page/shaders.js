// The programs that a graphics processor runs: ground, faces of voxels, rods (springs) and balls (masses, dots, lamp).

const HEAD = `#version 300 es
precision highp float;
precision highp sampler2DShadow;
`;

// Light: a sun that casts the body's shadow, a sky that is brighter above, and the lamp that attracts the robot.
const LIGHT = `
uniform vec3 sun;
uniform mat4 sunView;
uniform sampler2DShadow shadow;
uniform vec3 tone;        // light of the sky from below, from above, and of the sun
uniform vec4 lamp;        // place, and how far it shines [m]; 0: there is none
uniform vec3 lampColour;

float sunlight(vec3 place) {
  vec3 at = (sunView * vec4(place, 1.0)).xyz * 0.5 + 0.5;
  if (any(lessThan(at.xy, vec2(0.0))) || any(greaterThan(at.xy, vec2(1.0)))) return 1.0;
  at.z = min(at.z - 0.0025, 0.9999);
  float light = 0.0;
  for (int i = 0; i < 12; i++) {
    float angle = float(i) * 2.39996;
    vec2 aside = vec2(cos(angle), sin(angle)) * sqrt(float(i) + 0.5) * 0.0032;
    light += texture(shadow, vec3(at.xy + aside, at.z));
  }
  return light / 12.0;
}

vec3 shade(vec3 colour, vec3 place, vec3 normal) {
  float direct = max(dot(normal, sun), 0.0);
  if (direct > 0.0) direct *= sunlight(place);
  vec3 result = colour * (mix(tone.x, tone.y, normal.z * 0.5 + 0.5) + tone.z * direct);
  if (lamp.w > 0.0) {
    vec3 away = lamp.xyz - place;
    float near = 1.0 / (1.0 + 6.0 * dot(away, away) / (lamp.w * lamp.w));
    result += lampColour * (colour * 0.7 + 0.15) * near * near * (0.35 + 0.65 * max(dot(normal, normalize(away)), 0.0));
  }
  return result;
}
`;

export const GROUND = {
  vertex: `${HEAD}
layout(location = 0) in vec3 point;
layout(location = 1) in vec3 up;
uniform mat4 view;
out vec3 place;
out vec3 normal;
void main() {
  place = point;
  normal = up;
  gl_Position = view * vec4(point, 1.0);
}`,
  fragment: `${HEAD}${LIGHT}
in vec3 place;
in vec3 normal;
uniform vec3 soil;
uniform vec3 line;
uniform vec3 sky;
uniform vec4 grid;        // where it starts (x, y), distance of its lines, how strong they are
uniform float contour;    // height between contour lines; 0: none
uniform vec3 start;       // where the robot began (x, y) and how far around it the ring is; 0: none
uniform vec2 focus;
uniform vec2 fade;        // distances from the focus where the ground begins to fade and where it is gone
out vec4 result;

// How much of a line as wide as \`width\` pixels lies on this one, for lines at whole values; none where they run together.
float lines(float value, float width) {
  float each = fwidth(value);
  float away = abs(fract(value - 0.5) - 0.5) / max(each, 1e-9);
  return clamp(width * 0.5 + 0.5 - away, 0.0, 1.0) * (1.0 - smoothstep(0.15, 0.45, each));
}

void main() {
  float far = smoothstep(fade.x, fade.y, distance(place.xy, focus));
  float slope = length(normal.xy) / normal.z;
  // Walls are darker, because those that face the sun would be as light as level ground. Steeper than it is, as maps
  // shade hills.
  vec3 colour = shade(soil * (1.0 - 0.2 * smoothstep(0.3, 1.0, slope)), place, normalize(normal * vec3(1.7, 1.7, 1.0)));
  vec2 at = (place.xy - grid.xy) / grid.z;
  float fine = max(lines(at.x, 1.0), lines(at.y, 1.0));
  float coarse = max(lines(at.x / 5.0, 1.6), lines(at.y / 5.0, 1.6));
  float strength = max(fine * 0.16, coarse * 0.34) * grid.w;
  // Level ground at the height of a contour line would be all line.
  float sloping = smoothstep(0.005, 0.03, slope);
  if (contour > 0.0) strength = max(strength, 0.26 * sloping * lines(place.z / contour, 1.3));
  if (start.z > 0.0) {
    float around = distance(place.xy, start.xy) - start.z;
    strength = max(strength, 0.75 * clamp(1.4 - abs(around) / fwidth(around), 0.0, 1.0));
  }
  colour = mix(colour, line * mix(0.75, 1.0, dot(colour, vec3(0.33)) / dot(soil, vec3(0.33))), strength);
  result = vec4(mix(colour, sky, far), 1.0);
}`,
};

export const FACES = {
  vertex: `${HEAD}
layout(location = 0) in vec3 point;
layout(location = 1) in vec3 outwards;
layout(location = 2) in vec3 tint;
layout(location = 3) in vec2 corner;
uniform mat4 view;
out vec3 place;
out vec3 normal;
out vec3 colour;
out vec2 across;
void main() {
  place = point;
  normal = outwards;
  colour = tint;
  across = corner;
  gl_Position = view * vec4(point, 1.0);
}`,
  fragment: `${HEAD}${LIGHT}
in vec3 place;
in vec3 normal;
in vec3 colour;
in vec2 across;
uniform vec4 edge;        // colour of the voxels' edges and how strong it is
uniform float opacity;
out vec4 result;
void main() {
  vec2 each = fwidth(across);
  vec2 near = min(across, 1.0 - across) / max(each, vec2(1e-6));
  float outline = 1.0 - smoothstep(0.5, 1.7, min(near.x, near.y));
  // Voxels of few pixels would be all outline.
  outline *= edge.w * (1.0 - smoothstep(0.06, 0.25, max(each.x, each.y)));
  vec2 inner = min(across, 1.0 - across);
  float rounded = smoothstep(0.0, 0.16, min(inner.x, inner.y));
  vec3 lit = shade(colour, place, normalize(normal)) * mix(0.93, 1.0, rounded);
  result = vec4(mix(lit, edge.rgb * lit, outline), mix(opacity, min(opacity * 3.0, 1.0), outline));
}`,
};

export const RODS = {
  vertex: `${HEAD}
layout(location = 0) in vec3 from;
layout(location = 1) in vec3 to;
layout(location = 2) in vec4 tint;
layout(location = 3) in float radius;
uniform mat4 view;
uniform vec3 eye;
uniform float pixel;      // metres that a pixel measures, at a distance of one metre
out vec3 place;
out vec3 side;
out vec3 front;
out vec4 colour;
out float aside;
void main() {
  float end = float(gl_VertexID & 1);
  aside = float(gl_VertexID >> 1) * 2.0 - 1.0;
  place = mix(from, to, end);
  vec3 along = normalize(to - from);
  vec3 sight = eye - place;
  side = normalize(cross(along, sight));
  front = normalize(cross(side, along));
  colour = tint;
  place += side * aside * max(radius, 0.55 * pixel * length(sight));
  gl_Position = view * vec4(place, 1.0);
}`,
  fragment: `${HEAD}${LIGHT}
in vec3 place;
in vec3 side;
in vec3 front;
in vec4 colour;
in float aside;
out vec4 result;
void main() {
  vec3 normal = side * aside + front * sqrt(max(1.0 - aside * aside, 0.0));
  result = vec4(shade(colour.rgb, place, normalize(normal)), colour.a);
}`,
};

export const BALLS = {
  vertex: `${HEAD}
layout(location = 0) in vec3 centre;
layout(location = 1) in float radius;
layout(location = 2) in vec4 tint;
layout(location = 3) in float kind;   // 0: lit, 1: of one colour, 2: a halo
uniform mat4 view;
uniform vec3 eye;
uniform vec3 right;
uniform vec3 top;
uniform float pixel;
out vec3 middle;
out vec2 across;
out vec4 colour;
flat out float how;
void main() {
  across = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  colour = tint;
  how = kind;
  middle = centre;
  float size = max(radius, 0.9 * pixel * distance(eye, centre));
  // Balls stand out from the rods that meet in them, halos from nothing.
  vec3 front = kind > 1.5 ? vec3(0.0) : normalize(eye - centre);
  gl_Position = view * vec4(centre + (right * across.x + top * across.y + front) * size, 1.0);
}`,
  fragment: `${HEAD}${LIGHT}
in vec3 middle;
in vec2 across;
in vec4 colour;
flat in float how;
uniform vec3 right;
uniform vec3 top;
out vec4 result;
void main() {
  float from = length(across);
  float width = fwidth(from);
  if (from > 1.0) discard;
  result = colour;
  if (how > 1.5) {
    result.a *= (1.0 - from) * (1.0 - from);
  } else {
    result.a *= 1.0 - smoothstep(1.0 - width, 1.0, from);
    if (how < 0.5) {
      vec3 normal = right * across.x + top * across.y + cross(right, top) * sqrt(1.0 - min(from * from, 1.0));
      result.rgb = shade(colour.rgb, middle, normal);
    }
  }
}`,
};

export const DEPTH = `${HEAD}
void main() {}`;
