"""Bodies of cubes as files of voxcraft-sim: a .vxd each, and the base.vxa that the folder needs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codesign.files import write_text
from codesign.formats.body_plan import BodyPlan, FormatError
from codesign.formats.format import paths_for
from codesign.genome import LATTICES

_DEFAULTS: Any = LATTICES["cube"]()

BASE = "base.vxa"
"""What voxcraft-sim calls the file that the .vxd files of a folder change."""

_MODULUS = 1e6
"""Elastic modulus of a material of relative stiffness 1 [Pa], as VoxCad's stiff tissue has."""

_COLOURS = {"soft": "0.40,0.70,0.95", "stiff": "0.10,0.25,0.60", "soft muscle": "0.98,0.60,0.45"}
_COLOURS["stiff muscle"] = "0.80,0.15,0.10"

_WORLD = """\
<Simulator>
<RecordHistory><RecordStepSize>100</RecordStepSize><RecordVoxel>1</RecordVoxel><RecordLink>0</RecordLink></RecordHistory>
<StopCondition><StopConditionFormula><mtSUB><mtVAR>t</mtVAR><mtCONST>5</mtCONST></mtSUB></StopConditionFormula>\
</StopCondition>
</Simulator>
<Environment>
<Gravity><GravEnabled>1</GravEnabled><GravAcc>-9.81</GravAcc><FloorEnabled>1</FloorEnabled></Gravity>
<Thermal><TempEnabled>1</TempEnabled><TempAmplitude>20</TempAmplitude><TempBase>25</TempBase>\
<VaryTempEnabled>1</VaryTempEnabled><TempPeriod>0.5</TempPeriod></Thermal>
</Environment>
"""


def write_vxd(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    """Write each body to a .vxd with its cells, materials and size, and, unless there is one, base.vxa beside them.

    A base.vxa that is there stays: it says what happens, and the .vxd what the robot is.

    Raises:
        FormatError: a body that is not of cubes, or whose muscles are not its materials.
        OutputError: a file cannot be written.
    """
    texts = [_vxd(plan) for plan in plans]
    paths = paths_for([plan.name for plan in plans], path)
    for place, text in zip(paths, texts, strict=True):
        write_text(place, text)
    base = path.with_name(BASE)
    if base.exists():
        return paths
    write_text(base, _vxa(plans[0]))
    return [*paths, base]


def _vxd(plan: BodyPlan) -> str:
    if plan.lattice != "cube" or plan.cells.ndim != 3 or plan.settings.get("actuated", "cells") != "cells":
        kind = plan.lattice or "masses and springs"
        got = f"{plan.name} of {kind}{'' if plan.lattice != 'cube' else ' whose springs are muscles one by one'}"
        raise FormatError("bodies of cubes whose materials say what is a muscle", got, "write it as json or txt")
    if plan.cells.size and plan.cells.max() > 4:
        raise FormatError("materials up to 4", f"{plan.cells.max()} in {plan.name}", "give fewer")
    parts = _lattice(plan.settings, "VXA.VXC."), _palette(plan.settings, "VXA.VXC."), _structure(plan, "VXA.VXC.")
    return f"<VXD>\n{''.join(parts)}</VXD>\n"


def _vxa(plan: BodyPlan) -> str:
    parts = _lattice(plan.settings), _palette(plan.settings), _structure(plan)
    return f'<VXA Version="1.1">\n{_WORLD}<VXC Version="0.94">\n{"".join(parts)}</VXC>\n</VXA>\n'


def _tag(name: str, place: str, more: str = "") -> str:
    """Return the begin of an element, which replaces the one at that place of a base if there is a place."""
    replace = f' replace="{place}{name}"' if place else ""
    return f"<{name}{replace}{more}>"


def _lattice(settings: Mapping[str, Any], place: str = "") -> str:
    side = float(settings.get("side", _DEFAULTS.side))
    return f"{_tag('Lattice', place)}<Lattice_Dim>{side!r}</Lattice_Dim></Lattice>\n"


def _palette(settings: Mapping[str, Any], place: str = "") -> str:
    soft = float(settings.get("soft_stiffness", _DEFAULTS.soft_stiffness))
    stiff = float(settings.get("stiff_stiffness", _DEFAULTS.stiff_stiffness))
    if soft >= stiff:
        got = f"soft_stiffness {soft:g} and stiff_stiffness {stiff:g}"
        raise FormatError("stiff cells that are stiffer than soft ones", got, "write it as json or txt")
    materials = [
        _material(number, name, _MODULUS * (stiff if "stiff" in name else soft), 0.01 if "muscle" in name else 0.0)
        for number, name in enumerate(_COLOURS, 1)
    ]
    return f"{_tag('Palette', place)}\n{''.join(materials)}</Palette>\n"


def _material(number: int, name: str, modulus: float, expansion: float) -> str:
    red, green, blue = _COLOURS[name].split(",")
    display = f"<Display><Red>{red}</Red><Green>{green}</Green><Blue>{blue}</Blue><Alpha>1</Alpha></Display>"
    values = {"MatModel": 0, "Elastic_Mod": modulus, "Density": 1000.0, "Poissons_Ratio": 0.35, "CTE": expansion}
    values |= {"MaterialTempPhase": 0, "uStatic": 1, "uDynamic": 0.8}
    mechanical = "".join(f"<{key}>{value}</{key}>" for key, value in values.items())
    return f'<Material ID="{number}"><Name>{name}</Name>{display}<Mechanical>{mechanical}</Mechanical></Material>\n'


def _structure(plan: BodyPlan, place: str = "") -> str:
    x, y, z = plan.cells.shape
    layers = (plan.cells.transpose(2, 1, 0).reshape(z, x * y) + ord("0")).astype("uint8")
    data = "".join(f"<Layer><![CDATA[{layer.tobytes().decode('ascii')}]]></Layer>\n" for layer in layers)
    extents = f"<X_Voxels>{x}</X_Voxels><Y_Voxels>{y}</Y_Voxels><Z_Voxels>{z}</Z_Voxels>"
    begin = _tag("Structure", place, ' Compression="ASCII_READABLE"')
    return f"{begin}\n{extents}\n<Data>\n{data}</Data>\n</Structure>\n"
