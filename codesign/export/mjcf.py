"""Designs for MuJoCo: masses on slide joints, springs as tendons, muscles as actuators of these, ground to stand on."""

import math
from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np

from codesign import files
from codesign.export.exporter import each_design
from codesign.export.mechanics import Mechanics
from codesign.export.mjcf_ground import grid_of, level_of
from codesign.export.recording import Array, Gallery, Recording, RecordingError
from codesign.export.theme import LIGHT

CONTROL_SUFFIX = ".control.csv"
"""How the file of the controls is named, which lies beside a model."""

STICKING = 50.0
"""Coefficient of friction that stands for masses that stick to the ground (no_slip)."""

_RADIUS = 0.4
"""Radius of the ball by which a mass touches the ground, as a share of the shortest spring. On uneven ground smaller
ones got below the surface and hung there; balls do not touch each other."""

_DOT = 0.06
"""Radius of the dot that shows a mass, as such a share."""

_IMPEDANCE = "0.99 0.999 0.0001"
"""How little contacts give way, MuJoCo's solimp: our ground is rigid."""

_PLAY = """ {design} of {title}, for MuJoCo 3 or newer; what is asked of its muscles lies beside it. To watch it:

  import mujoco, mujoco.viewer, numpy as np, time
  name = "{design}"  # this file without .xml
  model = mujoco.MjModel.from_xml_path(f"{{name}}.xml")
  data = mujoco.MjData(model)
  table = np.genfromtxt(f"{{name}}.control.csv", delimiter=",", names=True)
  with mujoco.viewer.launch_passive(model, data) as viewer:
      while viewer.is_running():
          for number in range(model.nu):
              data.ctrl[number] = np.interp(data.time, table["time"], table[model.actuator(number).name])
          mujoco.mj_step(model, data)
          viewer.sync()
          time.sleep(model.opt.timestep)
"""


def write_mjcf(gallery: Gallery, path: Path) -> list[Path]:
    """Write a model and a table of controls for each design, named as `Exporter.write` says, and return the files.

    Raises:
        OutputError: `path` cannot be written to.
        RecordingError: a recording does not say how it was simulated.
    """

    def write_one(recording: Recording, model: Path) -> None:
        control = control_path(model)
        files.write_text(model, mjcf_text(recording, gallery.title))
        files.write_text(control, control_text(recording))

    models = each_design(write_one, gallery, path)
    return [each for model in models for each in (model, control_path(model))]


def control_path(model: Path) -> Path:
    """Return the file of the controls of a model."""
    return model.with_name(f"{model.name.removesuffix('.xml')}{CONTROL_SUFFIX}")


def control_text(recording: Recording) -> str:
    """Return a table of what every muscle is told (-1 contract, 1 expand), a row for each frame, as CSV.

    A muscle with a force limit is told what it delivers, since MuJoCo's own limits cut forces off instead of bending
    them.
    """
    muscles = muscles_of(recording)
    lines = [",".join(["time", *(f"muscle_{spring}" for spring in muscles)])]
    delivered = recording.delivered(recording.after.actuation)[:, muscles]
    for time, actuation in zip(recording.after.times, delivered, strict=True):
        lines.append(",".join([f"{time:.6g}", *(f"{value:.6g}" for value in actuation)]))
    return "\n".join(lines) + "\n"


def muscles_of(recording: Recording) -> Array:
    """Return the springs that are muscles, in the order of the model's actuators."""
    return np.flatnonzero(recording.swings > 0.0)


def mechanics_of(recording: Recording) -> Mechanics:
    """Return how a recording was simulated.

    Raises:
        RecordingError: it does not say.
    """
    if recording.mechanics is None:
        expected = "a recording that says how it was simulated (mechanics)"
        raise RecordingError(expected, f"none of {recording.design}", "record the design again, from its run")
    return recording.mechanics


def mjcf_text(recording: Recording, title: str = "a run") -> str:
    """Return a design as MuJoCo's XML.

    Joints, sites and tendons are named after the masses and springs of the recording (mass_3, spring_17), actuators
    after their springs (muscle_17). Joint positions are displacements from the first frame of `after`. Springs have
    `regularisation` taken off their length at rest, which is that of our spring law. Masses, damping along springs and
    force limits are the recording's; controls are those of `Recording.delivered`.

    Args:
        recording: the design.
        title: of the run, for the note on how to play the model.

    Raises:
        RecordingError: the recording does not say how it was simulated, or has one dimension.
    """
    if recording.dim not in (2, 3):
        raise RecordingError("a design of 2 or 3 dimensions", f"{recording.dim}", "use format=json")
    mechanics = mechanics_of(recording)
    root = Xml.Element("mujoco", model=recording.design)
    note = _PLAY.format(design=recording.design, title=title)
    root.append(Xml.Comment(note.replace("--", "- -")))
    _add_options(root, mechanics)
    world = _add_world(root, recording, mechanics)
    for mass, place in enumerate(_spatial(recording.after.positions[0])):
        _add_mass(world, mass, place, recording, mechanics)
    _add_springs(root, recording, mechanics)
    _add_skins(root, recording)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode") + "\n"


def joint_damping(mechanics: Mechanics, dt: float) -> float:
    """Return the damping of joints [N s/m] by which an explicit step of `dt` slows down as one of ours does.

    It is that of a mass of 1 kg times the factor on masses, to be multiplied by what the mass weighs itself [kg].
    """
    return mechanics.mass * -math.expm1(-mechanics.damping * dt) / dt


def friction_of(mechanics: Mechanics) -> float:
    """Return MuJoCo's coefficient of friction."""
    return STICKING if mechanics.friction is None else mechanics.friction


def _add_options(root: Xml.Element, mechanics: Mechanics) -> None:
    Xml.SubElement(root, "compiler", autolimits="true", angle="radian")
    option = Xml.SubElement(
        root,
        "option",
        timestep=repr(mechanics.dt),
        gravity=f"0 0 {mechanics.gravity!r}",
        integrator="Euler",
        cone="elliptic",
        impratio="10",
    )
    # Damping is explicit, as the drag of our step is, and such that a free mass slows down by the same factor.
    Xml.SubElement(option, "flag", eulerdamp="disable", autoreset="disable")
    visual = Xml.SubElement(root, "visual")
    Xml.SubElement(visual, "headlight", ambient="0.35 0.35 0.35", diffuse="0.25 0.25 0.25", specular="0 0 0")


def _add_world(root: Xml.Element, recording: Recording, mechanics: Mechanics) -> Xml.Element:
    """Add ground and light, and return the element that bodies go to."""
    asset = Xml.SubElement(root, "asset")
    world = Xml.SubElement(root, "worldbody")
    Xml.SubElement(world, "light", pos="0 0 4", dir="0.2 0.3 -1", directional="true", diffuse="0.4 0.4 0.4")
    friction = repr(friction_of(mechanics))
    shared = {
        "name": "ground",
        "friction": f"{friction} 0.005 0.0001",
        "condim": "3",
        "contype": "0",
        "conaffinity": "1",
        "priority": "1",
        "solref": f"{2.0 * mechanics.dt!r} 1",
        "solimp": _IMPEDANCE,
        "rgba": _rgba(LIGHT.soil),
    }
    level = level_of(recording.ground)
    if level is not None:
        Xml.SubElement(world, "geom", shared | {"type": "plane", "size": "0 0 1", "pos": f"0 0 {level!r}"})
    else:
        grid = grid_of(recording.ground)
        low, rise = float(grid.heights.min()), float(np.ptp(grid.heights))
        half = [float(np.ptp(axis)) / 2.0 for axis in (grid.x, grid.y)]
        rows, columns = grid.heights.shape
        # The first row of the text is the one with the largest y.
        elevation = " ".join(f"{value:.7g}" for value in grid.heights[::-1].ravel())
        size = f"{half[0]!r} {half[1]!r} {rise!r} 1"
        Xml.SubElement(
            asset, "hfield", name="ground", nrow=str(rows), ncol=str(columns), size=size, elevation=elevation
        )
        middle = f"{float(grid.x[0]) + half[0]!r} {float(grid.y[0]) + half[1]!r} {low!r}"
        Xml.SubElement(world, "geom", shared | {"type": "hfield", "hfield": "ground", "pos": middle})
    if recording.light is not None:
        place = _text(_spatial(recording.light[None])[0])
        Xml.SubElement(world, "site", name="light", pos=place, size="0.03", rgba=_rgba(LIGHT.lamp))
    return world


def _radius(recording: Recording, share: float) -> float:
    """Return a share of the shortest spring [m]."""
    return share * float(recording.rest_lengths.min(initial=0.1))


def _add_mass(world: Xml.Element, mass: int, place: Array, recording: Recording, mechanics: Mechanics) -> None:
    body = Xml.SubElement(world, "body", name=f"mass_{mass}", pos=_text(place))
    weight = mechanics.mass * float(recording.point_masses[mass])
    damping = repr(weight / mechanics.mass * joint_damping(mechanics, mechanics.dt))
    for axis, direction in (("x", "1 0 0"), ("y", "0 1 0"), ("z", "0 0 1")):
        if recording.dim == 3 or axis != "y":
            Xml.SubElement(body, "joint", name=f"mass_{mass}_{axis}", type="slide", axis=direction, damping=damping)
    radius = _radius(recording, _RADIUS)
    # A mass is a point that touches the ground by the lowest point of a ball, which lies above it and does not turn.
    Xml.SubElement(
        body,
        "geom",
        name=f"mass_{mass}",
        type="sphere",
        size=repr(radius),
        pos=f"0 0 {radius!r}",
        mass="0",
        contype="1",
        conaffinity="0",
        group="3",
    )
    # Bodies do not turn: the moments of inertia only have to be there.
    Xml.SubElement(body, "inertial", pos="0 0 0", mass=repr(weight), diaginertia="0.001 0.001 0.001")
    dot = repr(_radius(recording, _DOT))
    Xml.SubElement(body, "site", name=f"mass_{mass}", size=dot, rgba=_rgba(LIGHT.mass))


def _add_springs(root: Xml.Element, recording: Recording, mechanics: Mechanics) -> None:
    tendons, actuators = Xml.SubElement(root, "tendon"), Xml.SubElement(root, "actuator")
    damping = mechanics.forces.get("dashpot", {}).get("damping", 0.0)
    for spring, (first, second) in enumerate(recording.springs):
        rest, stiffness = recording.rest_lengths[spring], recording.stiffness[spring]
        muscle = recording.swings[spring] > 0.0
        tendon = Xml.SubElement(
            tendons,
            "spatial",
            name=f"spring_{spring}",
            stiffness=str(stiffness),
            springlength=repr(float(str(rest)) - mechanics.regularisation),
            damping=repr(damping + float(recording.damping[spring])),
            width="0.002",
            rgba=_rgba(LIGHT.contract if muscle else LIGHT.passive),
        )
        for mass in (first, second):
            Xml.SubElement(tendon, "site", site=f"mass_{mass}")
        if muscle:
            # Asking for the strain a moves the length that the spring strives for, which is a force along it.
            gain = float(stiffness) * float(rest) * float(recording.swings[spring])
            Xml.SubElement(
                actuators,
                "general",
                _limits(recording, spring),
                name=f"muscle_{spring}",
                tendon=f"spring_{spring}",
                gainprm=repr(gain),
                ctrlrange="-1 1",
            )


def _limits(recording: Recording, spring: int) -> dict[str, str]:
    limit = float(recording.force_limits[spring])
    return {} if math.isinf(limit) else {"forcerange": f"{-limit!r} {limit!r}"}


def _add_skins(root: Xml.Element, recording: Recording) -> None:
    """Add a skin for the cells of each material, whose corners go with the masses."""
    if not len(recording.cells):
        return
    deformable = Xml.SubElement(root, "deformable")
    start = _spatial(recording.after.positions[0])
    for material in np.unique(recording.materials):
        triangles = _triangles(recording.cells[recording.materials == material], recording.dim)
        masses, corners = np.unique(triangles, return_inverse=True)
        skin = Xml.SubElement(
            deformable,
            "skin",
            name=f"material_{material}",
            vertex=" ".join(_text(place) for place in start[masses]),
            face=" ".join(map(str, corners.ravel())),
            rgba=_rgba(LIGHT.voxels[(int(material) - 1) % len(LIGHT.voxels)]),
        )
        for vertex, mass in enumerate(masses):
            Xml.SubElement(
                skin,
                "bone",
                body=f"mass_{mass}",
                bindpos=_text(start[mass]),
                bindquat="1 0 0 0",
                vertid=str(vertex),
                vertweight="1",
            )


def _triangles(cells: Array, dim: int) -> Array:
    """Return the surface of cells as triangles of masses, int[triangles, 3]: outer faces of cubes, both sides in 2D."""
    if dim == 2:
        corners = cells.shape[1]
        fan = [cells[:, [0, corner, corner + 1]] for corner in range(1, corners - 1)]
        front = np.concatenate(fan)
        return np.concatenate([front, front[:, ::-1]])
    faces = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    quads = cells[:, faces].reshape(-1, 4)
    _, index, count = np.unique(np.sort(quads, axis=1), axis=0, return_inverse=True, return_counts=True)
    outer = quads[count[index] == 1]
    return np.concatenate([outer[:, [0, 1, 2]], outer[:, [0, 2, 3]]])


def _spatial(places: Array) -> Array:
    """Return places in space: those in the plane lie at y = 0."""
    if places.shape[1] == 3:
        return places
    return np.stack([places[:, 0], np.zeros_like(places[:, 0]), places[:, 1]], axis=1)


def _text(numbers: Array) -> str:
    return " ".join(str(number) for number in numbers.astype(np.float32))


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) / 255.0 for at in (1, 3, 5))
    return f"{red:.3f} {green:.3f} {blue:.3f} 1"
