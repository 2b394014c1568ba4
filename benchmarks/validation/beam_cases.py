"""Cases of beams: lattices as materials, cantilevers, vibrations, large strains and rotations."""

import numpy as np

from benchmarks.validation.beam_theory import heavy_elastica
from benchmarks.validation.cantilever import Cantilever
from benchmarks.validation.case import Finding, Row
from benchmarks.validation.lattices import Beam, axial_stiffness, beam, material_of
from benchmarks.validation.limits import Pulled, hanging
from benchmarks.validation.vibration import Vibration

ROWS = {"triangle": (2, 4, 8), "square": (1, 2, 4, 8), "cube": (1, 2, 4)}
"""Cells over the height of the beams that are simulated."""

ON_PAPER = {"triangle": np.arange(2, 41, 2), "square": np.arange(1, 41), "cube": np.arange(1, 9)}
"""Cells over the height of the beams whose stiffness is computed."""


def slender(lattice: str, rows: int, ratio: float) -> Beam:
    """Return two cantilevers back to back, each about `ratio` times as long as high."""
    height = rows * (np.sqrt(3.0) / 2.0 if lattice == "triangle" else 1.0)
    return beam(lattice, rows, 2 * round(ratio * height))


def material() -> Finding:
    """Bars that are pulled: E A and Poisson's ratio at a strain of 1e-4.

    The continuum's E and nu are in `lattices.Material`; E A of the lattice in `lattices.axial_stiffness`. Springs that
    stay linear differ from the theory of small strains by terms of the order of the strain: the bound.
    """
    rows, strain = [], 1e-4
    for lattice, count in (("triangle", 4), ("square", 4), ("cube", 3)):
        bar = beam(lattice, count, 6 * count)
        along, across = Pulled(bar, strain).simulated()
        continuum, own = material_of(lattice), axial_stiffness(bar.body)
        rows.append(
            {
                "lattice": lattice,
                "rows": count,
                "E A / continuum": own * strain / along / (continuum.young * bar.area),
                "lattice theory": own / (continuum.young * bar.area),
                "error": strain / along - 1.0,
                "bound": strain,
                "nu": -across / along,
                "nu of the continuum": continuum.poisson,
            }
        )
    curves = {
        lattice: (
            counts.astype(float),
            np.array([_ratio(beam(lattice, int(n), 4)) for n in counts]),
        )
        for lattice, counts in ON_PAPER.items()
    }
    return Finding("material", rows, curves)


def cantilever() -> Finding:
    """Cantilevers ten times as long as high, by lattice, resolution and load, bent by a thousandth of their length.

    Bounds: the springs as a linear system differ from the simulated ones by the nonlinearity of large deflections, of
    the order of (w/L)^2: the elastica under a load at its tip is stiffer by 0.94 (w/L)^2 (K. E. Bisshopp and D. C.
    Drucker, Large deflection of cantilever beams, Q. Appl. Math. 3, 1945).
    """
    rows = []
    for lattice, counts in ROWS.items():
        for count in counts:
            for kind in ("tip", "weight"):
                rows.append(_cantilever(slender(lattice, count, 10.0), count, kind))
    return Finding("cantilever", rows)


def slenderness() -> Finding:
    """Cantilevers of four rows of squares or triangles under a load at the tip, by slenderness.

    Timoshenko's beam has the shear that Euler's has not. Its error is bounded by half of that: shear coefficients of
    rectangles between 5/6 and 1.2 are what boundary conditions and layers of springs make of it.
    """
    rows: list[Row] = []
    for lattice in ("triangle", "square"):
        for ratio in (1.5, 2.5, 5.0, 10.0, 20.0):
            found = Cantilever.of(slender(lattice, 4, ratio), "tip")
            bent = found.sinking(found.simulated() - found.beam.body.positions)
            euler = found.theory(found.beam.stiffness)
            timoshenko = found.theory(found.beam.stiffness, found.beam.shear_stiffness)
            rows.append(
                {
                    "lattice": lattice,
                    "L / h": found.beam.half_length / found.beam.height,
                    "Euler-Bernoulli": euler / bent - 1.0,
                    "error": timoshenko / bent - 1.0,
                    "bound": (timoshenko / euler - 1.0) / 2.0,
                }
            )
    curves = {}
    for lattice in ("triangle", "square"):
        own = [row for row in rows if row["lattice"] == lattice]
        for theory, key in (("Euler-Bernoulli", "Euler-Bernoulli"), ("Timoshenko", "error")):
            x = np.array([row["L / h"] for row in own])
            curves[f"{lattice}, {theory}"] = (x, np.abs([row[key] for row in own]))
    return Finding("slenderness", rows, curves)


def vibration() -> Finding:
    """First two frequencies of beams twenty times as long as high, free at both ends.

    Bounds: half of what shear and rotary inertia lower Timoshenko's frequency by, as for `slenderness`.
    """
    sizes = (("triangle", (2, 4, 8)), ("square", (2, 4, 8)), ("cube", (1, 2)))
    found = [
        (count, Vibration(slender(lattice, count, 10.0), mode))
        for lattice, counts in sizes
        for count in counts
        for mode in (0, 1)
    ]
    return Finding("vibration", [_frequency(count, each) for count, each in found])


def clamped_vibration() -> Finding:
    """First two frequencies of cantilevers ten times as long as high, clamped by masses of 10^9 kg.

    Bounds: as for `vibration`, and nu^2 h / L. A clamp keeps the section from widening, which within about h/2 of it
    (Saint-Venant) makes the beam stiffer, at most by 1 / (1 - nu^2); of the elastic energy of any mode 4 s / L lies
    within s of the clamp, as the curvature there squared is four times its mean, and frequencies grow by half of the
    share of energy. Triangles have no straight section that could be clamped.
    """
    sizes = (("square", (2, 4, 8)), ("cube", (1, 2)))
    found = [
        (count, Vibration(slender(lattice, count, 10.0), mode, clamped=True))
        for lattice, counts in sizes
        for count in counts
        for mode in (0, 1)
    ]
    rows = [_frequency(count, each) for count, each in found]
    for row, (_, each) in zip(rows, found, strict=True):
        row["bound"] += clamp_bound(each.beam)
    return Finding("clamped", rows)


def clamp_bound(made: Beam) -> float:
    """Return by how much of themselves a clamp may raise frequencies, see `clamped_vibration`."""
    return material_of(made.lattice).poisson ** 2 * made.height / made.half_length


def elastica() -> Finding:
    """Cantilevers twenty times as long as high that bend a long way under their own weight.

    The elastica neither shears nor stretches: bound, the shear of the linear theory, 4 E I / (K L^2) of the deflection,
    beside the squared largest strain by bending, (w L h / (4 E I) L)^2.
    """
    rows, curves = [], {}
    on_paper = np.concatenate([[0.01], np.linspace(0.5, 16.0, 25)])
    tips = np.array([heavy_elastica(load) for load in on_paper])
    curves["sunk, theory"], curves["drawn in, theory"] = (on_paper, tips[:, 0]), (on_paper, tips[:, 1])
    for lattice in ("square", "triangle"):
        made = slender(lattice, 2, 20.0)
        found = []
        for load in (1.0, 2.0, 4.0, 8.0, 16.0):
            sunk, drawn, sunk_theory, drawn_theory = hanging(made, load)
            strain = load * made.height / made.half_length / 4.0
            shear = 4.0 * made.stiffness / (made.shear_stiffness * made.half_length**2)
            rows.append(
                {
                    "lattice": lattice,
                    "w L^3 / E I": load,
                    "sunk / L": sunk,
                    "theory": sunk_theory,
                    "drawn in / L": drawn,
                    "theory, drawn in": drawn_theory,
                    "largest strain": strain,
                    "error": sunk / sunk_theory - 1.0,
                    "bound": shear + strain**2,
                }
            )
            found.append((load, sunk, drawn))
        loads, sinks, draws = np.array(found).T
        curves[f"sunk, {lattice}"], curves[f"drawn in, {lattice}"] = (loads, sinks), (loads, draws)
    return Finding("elastica", rows, curves)


def strain() -> Finding:
    """Bars that are pulled and pushed further and further: how much E A and Poisson's ratio change.

    Triangles have no stress across, and springs along the bar alone carry the load: E A is constant. In squares and
    cubes diagonals turn towards the load, and E A changes by terms of the order of the strain: the bound.
    """
    rows, curves = [], {}
    for lattice, count in (("triangle", 4), ("square", 4), ("cube", 2)):
        bar = beam(lattice, count, 6 * count)
        found = []
        for asked in (-0.05, -0.02, -0.01, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4):
            along, across = Pulled(bar, asked).simulated()
            error = asked / along - 1.0
            found.append((along, error, -across / along))
            if abs(asked) != 0.02:
                rows.append(
                    {
                        "lattice": lattice,
                        "strain": along,
                        "nu": -across / along,
                        "error": error,
                        "bound": abs(along),
                    }
                )
        along, error, poisson = np.array(found).T
        curves[f"E A, {lattice}"], curves[f"nu, {lattice}"] = (along, error), (along, poisson)
    return Finding("strain", rows, curves)


def _ratio(made: Beam) -> float:
    return made.stiffness / made.continuum_stiffness


def _frequency(count: int, found: Vibration) -> Row:
    stiffness, simulated = found.beam.stiffness, found.simulated()
    timoshenko, euler = found.timoshenko(stiffness), found.euler(stiffness)
    return {
        "lattice": found.beam.lattice,
        "rows": count,
        "mode": found.mode + 1,
        "simulated [rad/s]": simulated,
        "springs, solved": simulated / found.solved() - 1.0,
        "Euler-Bernoulli": simulated / euler - 1.0,
        "error": simulated / timoshenko - 1.0,
        "bound": (1.0 - timoshenko / euler) / 2.0,
        "continuum": simulated / found.timoshenko(found.beam.continuum_stiffness) - 1.0,
    }


def _cantilever(made: Beam, count: int, kind: str) -> Row:
    found = Cantilever.of(made, kind)
    bent = found.sinking(found.simulated() - made.body.positions)
    timoshenko = found.theory(made.stiffness, made.shear_stiffness)
    return {
        "lattice": made.lattice,
        "rows": count,
        "load": kind,
        "deflection [mm]": 1e3 * bent,
        "error": bent / found.solved() - 1.0,
        "bound": (bent / made.half_length) ** 2 * 1.2,
        "Timoshenko": bent / timoshenko - 1.0,
        "Euler-Bernoulli": bent / found.theory(made.stiffness) - 1.0,
        "continuum": bent / found.theory(made.continuum_stiffness, made.shear_stiffness) - 1.0,
    }


CASES = {
    "material": material,
    "cantilever": cantilever,
    "slenderness": slenderness,
    "vibration": vibration,
    "clamped": clamped_vibration,
    "elastica": elastica,
    "strain": strain,
}
"""What computes each case."""
