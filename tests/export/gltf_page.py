"""A page that shows a .glb by three.js: what another program makes of an exported scene.

three.js and its loader come out of the viewer that trimesh brings, so nothing is fetched and nothing is kept here.
"""

import base64
import io
import json
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
from playwright.sync_api import Browser, Page

SHOW = """
const bytes = Uint8Array.from(atob(document.getElementById("glb").textContent.trim()), (each) => each.charCodeAt(0));
const renderer = new THREE.WebGLRenderer({ antialias: true });
renderer.setSize(innerWidth, innerHeight);
renderer.outputEncoding = THREE.sRGBEncoding;
document.body.append(renderer.domElement);
const scene = new THREE.Scene();
scene.background = new THREE.Color(0xffffff);

// Vertices [m] of a mesh in the world, after its morph targets and joints.
function verticesOf(mesh) {
  const { position } = mesh.geometry.attributes;
  const targets = mesh.geometry.morphAttributes.position ?? [];
  const vertices = [];
  for (let i = 0; i < position.count; i++) {
    const vertex = new THREE.Vector3().fromBufferAttribute(position, i);
    targets.forEach((target, number) => {
      const moved = new THREE.Vector3().fromBufferAttribute(target, i);
      vertex.addScaledVector(moved, mesh.morphTargetInfluences[number]);
    });
    if (mesh.isSkinnedMesh) {
      // As three.js's own boneTransform, which leaves morph targets out.
      const { skinIndex, skinWeight } = mesh.geometry.attributes;
      const bound = vertex.clone().applyMatrix4(mesh.bindMatrix);
      vertex.set(0, 0, 0);
      for (const axis of ["X", "Y", "Z", "W"]) {
        const joint = skinIndex[`get${axis}`](i);
        const { bones, boneInverses } = mesh.skeleton;
        const bone = new THREE.Matrix4().multiplyMatrices(bones[joint].matrixWorld, boneInverses[joint]);
        vertex.addScaledVector(bound.clone().applyMatrix4(bone), skinWeight[`get${axis}`](i));
      }
      vertex.applyMatrix4(mesh.bindMatrixInverse);
    }
    vertices.push(vertex.applyMatrix4(mesh.matrixWorld).toArray());
  }
  return vertices;
}

function drawables() {
  const all = [];
  scene.traverse((each) => each.geometry && all.push(each));
  return all;
}

// A camera that sees everything, from the side and a little above (y is up in glTF).
function fitted() {
  const box = new THREE.Box3();
  for (const vertex of drawables().flatMap(verticesOf)) box.expandByPoint(new THREE.Vector3(...vertex));
  const { center, radius } = box.getBoundingSphere(new THREE.Sphere());
  const camera = new THREE.PerspectiveCamera(30, innerWidth / innerHeight, radius / 100, radius * 100);
  camera.position.set(0.45, 0.35, 1).setLength(radius / Math.sin(Math.PI / 12)).add(center);
  camera.lookAt(center);
  return camera;
}

new THREE.GLTFLoader().parse(bytes.buffer, "", (gltf) => {
  scene.add(gltf.scene);
  const lights = [];
  scene.traverse((each) => each.isLight && lights.push(each.type));
  if (lights.length === 0) {
    const sun = new THREE.DirectionalLight(0xffffff, 2);
    sun.position.set(1, 2, 1.5);
    scene.add(sun, new THREE.AmbientLight(0xffffff, 0.8));
  }
  const mixer = new THREE.AnimationMixer(gltf.scene);
  const actions = gltf.animations.map((clip) => mixer.clipAction(clip));
  for (const action of actions) {
    action.setLoop(THREE.LoopOnce);
    action.clampWhenFinished = true;
    action.play();
  }
  const kept = gltf.cameras[0];
  if (kept?.isPerspectiveCamera) {
    kept.aspect = innerWidth / innerHeight;
    kept.updateProjectionMatrix();
  }
  window.gltf = {
    facts: {
      animations: gltf.animations.map(({ name, duration, tracks }) => ({ name, duration, tracks: tracks.length })),
      cameras: gltf.cameras.length,
      lights,
      meshes: drawables().map(({ name, type, geometry, morphTargetInfluences }) => (
        { name, type, vertices: geometry.attributes.position.count, morphs: morphTargetInfluences?.length ?? 0 }
      )),
    },
    // Draw the moment `time` [s] of all animations; the file's first camera is used if there is one and `own` says so.
    show(time, own) {
      // An action that came to its end stays there until it is told to begin again.
      for (const action of actions) action.reset();
      mixer.setTime(time);
      scene.updateMatrixWorld(true);
      renderer.render(scene, own && kept ? kept : fitted());
    },
    vertices: () => Object.fromEntries(drawables().map((each) => [each.name, verticesOf(each)])),
  };
}, (error) => { window.failure = String(error); });
"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>glb</title><style>body {{ margin: 0 }}</style></head>
<body><script type="text/plain" id="glb">{glb}</script><script>{three}</script><script>{show}</script></body></html>
"""


def three() -> str:
    """Script that defines THREE with its GLTFLoader, out of the viewer that trimesh brings."""
    template = resources.files("trimesh") / "resources" / "templates" / "viewer.zip"
    with zipfile.ZipFile(io.BytesIO(template.read_bytes())) as archive:
        page = archive.read("viewer.html.template").decode("utf-8")
    script = page[page.index("<script>") + len("<script>") : page.rindex("</script>")]
    library, viewer, _ = script.partition("var camera,controls,scene,renderer")
    assert viewer, "trimesh changed the viewer that the library is cut out of"
    return library


def write_gltf_page(glb: Path, page: Path) -> Path:
    """Write a page that shows `glb` without a network; `window.gltf` has `facts`, `show(time, own)`, `vertices()`."""
    data = base64.b64encode(glb.read_bytes()).decode("ascii")
    page.write_text(PAGE.format(glb=data, three=three(), show=SHOW), encoding="utf-8")
    return page


def open_glb(browser: Browser, glb: Path, *, width: int = 640, height: int = 400) -> Page:
    """Open `glb` in a page of its own; a complaint of the loader fails the test. Close `page.context` at the end."""
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(write_gltf_page(glb, glb.with_suffix(".glb.html")).as_uri())
    for _ in range(500):
        if page.evaluate("window.gltf !== undefined || window.failure !== undefined") or complaints:
            break
        page.wait_for_timeout(20)
    failure = page.evaluate("window.failure")
    assert not complaints, complaints
    assert failure is None, failure
    return page


def glb_facts(page: Page) -> dict[str, Any]:
    """Animations (name, duration [s], tracks), cameras (count), lights (types), meshes (name, type, vertices, ...)."""
    return json.loads(page.evaluate("JSON.stringify(window.gltf.facts)"))


def glb_picture(page: Page, time: float, *, own_camera: bool = False) -> np.ndarray:
    """Picture, uint8[height, width, 3], at `time` [s]: from the file's own camera, or from one that sees everything."""
    # Drawn and read in one go, because WebGL forgets a picture once it was shown.
    draw = "([time, own]) => { window.gltf.show(time, own); return document.querySelector('canvas').toDataURL(); }"
    png = page.evaluate(draw, [time, own_camera])
    data = base64.b64decode(png.partition(",")[2])
    return (matplotlib.image.imread(io.BytesIO(data), format="png")[:, :, :3] * 255).round().astype(np.uint8)


def glb_vertices(page: Page, time: float) -> dict[str, np.ndarray]:
    """Vertices [m] in the world, float64[vertices, 3] by the mesh's name, at `time` [s]: morphed, moved, y up."""
    vertices = page.evaluate("(time) => { window.gltf.show(time, false); return window.gltf.vertices(); }", time)
    return {name: np.array(values) for name, values in vertices.items()}
