"""Bodies of VoxCad and voxcraft-sim: what is read, told and refused, and that voxcraft-sim reads what is written."""

import base64
import zlib
from pathlib import Path

import numpy as np
import pytest

from codesign.formats import BodyPlan, FormatError, drawing_of, genomes_of, plans_of, read_plans, settings_of
from codesign.formats.voxcraft_writing import write_vxd
from codesign.genome import LATTICES, random_genomes
from codesign.streams import Purpose, draws_of
from tests.formats import voxcraft_rules

MODULI = (1e5, 1e6, 1e5, 1e6)


def material(modulus: float = 1e5, expansion: float = 0.0, **more: object) -> str:
    values = {"Elastic_Mod": modulus, "Density": 1e3, "CTE": expansion, "uStatic": 1, **more}
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return f"<Material><Name>m</Name><Mechanical>{inside}</Mechanical></Material>"


PALETTE = "".join(material(modulus, 0.01 * (number >= 2)) for number, modulus in enumerate(MODULI))

LAYERS = ("120034", "000040")
"""3 x 2 x 2 voxels: x runs fastest."""


def structure(
    layers: tuple[str, ...] = LAYERS, size: tuple[object, ...] = (3, 2, 2), more: str = "", **attributes: str
) -> str:
    said = {"Compression": "ASCII_READABLE", **attributes}
    extents = "".join(f"<{axis}_Voxels>{count}</{axis}_Voxels>" for axis, count in zip("XYZ", size, strict=True))
    data = "".join(f"<Layer><![CDATA[{layer}]]></Layer>" for layer in layers)
    named = " ".join(f'{name}="{value}"' for name, value in said.items())
    return f"<Structure {named}>{extents}<Data>{data}</Data>{more}</Structure>"


def layers(name: str, *texts: str) -> str:
    return f"<{name}>{''.join(f'<Layer>{text}</Layer>' for text in texts)}</{name}>"


def vxa(inside: str | None = None, palette: str = PALETTE, lattice: str = "<Lattice_Dim>0.02</Lattice_Dim>") -> str:
    inside = structure() if inside is None else inside
    return (
        f'<?xml version="1.0" encoding="ISO-8859-1"?><VXA Version="1.1"><VXC Version="0.94">'
        f"<Lattice>{lattice}</Lattice><Palette>{palette}</Palette>{inside}</VXC></VXA>"
    )


def written(folder: Path, text: str, name: str = "robot.vxa") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def only(path: Path, *, lenient: bool = False) -> BodyPlan:
    (plan,) = read_plans(path, lenient=lenient)
    return plan


def test_voxels_and_materials(tmp_path):
    plan = only(written(tmp_path, vxa()))
    assert (plan.name, plan.lattice, plan.settings, plan.inexpressible) == ("robot", "cube", {"side": 0.02}, ())
    assert drawing_of(plan) == "lattice: cube\nside: 0.02\nz=1\n.M.\n...\nz=0\n.mM\nSR.\n"


@pytest.mark.parametrize("compression", ["BASE64", "ZLIB"])
def test_the_ways_of_packing_voxels(tmp_path, compression):
    packed = [bytes(int(each) for each in layer) for layer in LAYERS]
    texts = tuple(
        base64.b64encode(zlib.compress(layer) if compression == "ZLIB" else layer).decode() for layer in packed
    )
    plan = only(written(tmp_path, vxa(structure(texts, Compression=compression))))
    np.testing.assert_array_equal(plan.cells, only(written(tmp_path, vxa(), "ascii.vxa")).cells)


def test_more_than_nine_materials(tmp_path):
    palette = material(1e6) * 11 + material(1e6, 0.01)
    plan = only(written(tmp_path, vxa(structure(("<",), (1, 1, 1)), palette)))
    assert plan.cells.item() == 4


def test_a_vxc_file(tmp_path):
    text = vxa()
    plan = only(written(tmp_path, text[text.index("<VXC") : text.index("</VXA>")], "robot.vxc"))
    assert plan.cells.shape == (3, 2, 2)


@pytest.mark.parametrize("base", ["base.vxa", "robot.vxa", "mine.vxa"])
def test_a_vxd_changes_the_vxa_beside_it(tmp_path, base):
    written(tmp_path, vxa(structure(("1",), (1, 1, 1))), base)
    changes = structure(("4",), (1, 1, 1), replace="VXA.VXC.Structure")
    plan = only(written(tmp_path, f"<VXD>{changes}<RawPrint>a</RawPrint></VXD>", "robot.vxd"))
    assert plan.cells.item() == 4
    assert plan.settings == {"side": 0.02}
    # What does not say that it replaces something is left out, as voxcraft-sim does.
    same = only(written(tmp_path, f"<VXD>{structure(('4',), (1, 1, 1))}</VXD>", "robot.vxd"))
    assert same.cells.item() == 1


def test_which_base_is_meant(tmp_path):
    changes = f"<VXD>{structure(replace='VXA.VXC.Structure')}</VXD>"
    path = written(tmp_path, changes, "robot.vxd")
    with pytest.raises(FormatError, match=r"base\.vxa beside .*robot\.vxd.*got none"):
        read_plans(path)
    for name in ("a.vxa", "b.vxa"):
        written(tmp_path, vxa(), name)
    with pytest.raises(FormatError, match="got 2 without one of that name"):
        read_plans(path)
    written(tmp_path, "<VXA>", "base.vxa")
    with pytest.raises(FormatError, match=r"base\.vxa \(no XML"):
        read_plans(path)
    written(tmp_path, vxa(), "base.vxa")
    assert only(path).cells.any()


@pytest.mark.parametrize(
    ("text", "told", "cells"),
    [
        (vxa(palette=PALETTE.replace("</CTE>", "</CTE><Fixed>1</Fixed>", 1)), "fixed cells at (0,0,0)", ("1",)),
        (vxa(palette=material() * 2 + material(1e5, -0.01) * 2), "negative CTE", ("3", "4")),
        (
            vxa(palette=material(MaterialTempPhase=1) * 2 + material(1e5, 1, MaterialTempPhase=0.5) * 2),
            "muscles with a phase",
            ("3", "4"),
        ),
        (vxa(palette=material() * 2 + material(1e5, 0.02) + material(1e5, 0.01)), "weaker than others", ("4",)),
        (vxa(palette=material() + material(2e5) + material(4e5) + material()), "between the softest", ("2",)),
        (vxa(palette=material() * 3 + material(Density=5)), "cells of another density", ("4",)),
        (vxa(palette=material() * 2 + material(uStatic=2) + material()), "static friction", ("3",)),
        (vxa(palette=material() * 2 + material(MatModel=2) + material()), "yield or break", ("3",)),
        (
            vxa(structure(more=layers("PhaseOffset", "0.5," * 6, "0,0,0,0,0,1"))),
            "muscles with a phase (PhaseOffset)",
            ("3", "4 below"),
        ),
        (vxa(structure(more=layers("BaseCiliaForce", "0,0,1,0,0,0,0,5,0", ""))), "forces of cilia", ("1",)),
        (vxa(lattice="<Z_Dim_Adj>2</Z_Dim_Adj>"), "no cubes", ()),
    ],
)
def test_what_cubes_cannot_be_is_told_by_cell(tmp_path, text, told, cells):
    path = written(tmp_path, text)
    with pytest.raises(FormatError) as caught:
        read_plans(path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    (note,) = only(path, lenient=True).inexpressible
    places = {"1": [(0, 0, 0)], "2": [(1, 0, 0)], "3": [(1, 1, 0)], "4": [(2, 1, 0), (1, 1, 1)], "4 below": [(2, 1, 0)]}
    assert set(note.cells) == {place for cell in cells for place in places[cell]}


def test_one_modulus_is_stiff(tmp_path):
    plan = only(written(tmp_path, vxa(structure(("12",), (2, 1, 1)), material() + material(1e5, 0.01))))
    assert plan.cells.ravel().tolist() == [2, 4]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "which is empty"),
        (" \n", "no XML"),
        ("<VXA><VXC>", "no XML"),
        ("<html/>", "a VXA, VXD or VXC element with a body; got one of 'html'"),
        ("<VXA/>", "a VXA, VXD or VXC element with a body"),
        ('<?xml version="1.0" encoding="utf-99"?><VXA/>', "no XML"),
        ("<!DOCTYPE a><VXA/>", "document type"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><VXA>&b;</VXA>', "document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><VXA/>', "document type"),
        ("<a>" * 100, "more than 64 inside each other"),
        (f"<VXA>{'<a/>' * 200_001}</VXA>", "more than 200000 elements"),
        (vxa(""), "a Structure; got none"),
        (vxa().replace("Palette", "Pallet"), "a Palette of materials; got none"),
        (vxa(structure(size=(10**9, 10**9, 10**9))), "X_Voxels to be a whole number"),
        (vxa(structure(size=(999_999_999,) * 3)), "at most 1000000 voxels; got 999999999 x 999999999"),
        (vxa(structure(size=(-1, 2, 2))), "X_Voxels to be a whole number from 1; got '-1'"),
        (vxa(structure(size=(3, 0, 2))), "Y_Voxels"),
        (vxa(structure(size=(3, 2, 3))), "3 layers of Data, as Z_Voxels says; got 2"),
        (vxa(structure(size=(3, 3, 2))), "9 voxels in layer 0 (ASCII_READABLE); got 6"),
        (vxa(structure(size=(2, 2, 2))), "4 voxels in layer 0 (ASCII_READABLE); got more than 4"),
        (vxa(structure(("1200é!", "000040"))), "6 voxels in layer 0"),
        (vxa(structure(("120034", "000050"))), "material 5 of a palette of 4"),
        (vxa(structure(Compression="QT_ZLIB")), "ASCII_READABLE, BASE64 or ZLIB; got 'QT_ZLIB'"),
        (vxa(structure(Compression="BASE64")), "layer 0 (BASE64)"),
        (vxa(structure(Compression="ZLIB")), "layer 0 (ZLIB)"),
        (vxa(palette=material(0)), "materials in the palette"),
        (vxa(palette=material(0) * 4), "an Elastic_Mod above 0; got 0 for material 1"),
        (vxa(palette=material(float("nan")) * 4), "Elastic_Mod of material 1 to be a finite number; got 'nan'"),
        (vxa(lattice="<Lattice_Dim>-1</Lattice_Dim>"), "Lattice_Dim above 0"),
        (vxa(structure(more=layers("PhaseOffset", "0,0", ""))), "6 numbers in PhaseOffset layer 0; got 2"),
        (vxa(structure(more="<PhaseOffset></PhaseOffset>")), "2 layers of PhaseOffset"),
        (vxa(structure(more=layers("PhaseOffset", "a,0,0,0,0,0", ""))), "got 'a'"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, text, told):
    path = written(tmp_path, text)
    with pytest.raises(FormatError) as caught:
        read_plans(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_more_is_unpacked_than_there_are_voxels(tmp_path):
    bomb = base64.b64encode(zlib.compress(bytes(2**26))).decode()
    with pytest.raises(FormatError, match="got more than 6"):
        read_plans(written(tmp_path, vxa(structure((bomb, bomb), Compression="ZLIB"))))
    cut = base64.b64encode(zlib.compress(bytes(6))[:-6]).decode()
    with pytest.raises(FormatError, match="end too early"):
        read_plans(written(tmp_path, vxa(structure((cut, cut), Compression="ZLIB"))))


@pytest.mark.parametrize("place", ["a.b", "VXA", "", "VXD.VXC.Structure"])
def test_what_a_vxd_replaces_is_in_a_vxa(tmp_path, place):
    written(tmp_path, vxa(), "base.vxa")
    path = written(tmp_path, f"<VXD>{structure(replace=place)}</VXD>", "robot.vxd")
    with pytest.raises(FormatError, match="elements that replace parts of VXA"):
        read_plans(path)


def random_plans(count: int = 3) -> list[BodyPlan]:
    lattice = LATTICES["cube"]()
    genomes = random_genomes(lattice.build(), lattice, draws_of(4, 0, count, Purpose.GENOME))
    return plans_of(genomes, lattice, [f"g{number}" for number in range(count)])


def test_what_is_written_reads_back_equal(tmp_path):
    plans = random_plans()
    paths = write_vxd(plans, tmp_path / "robots.vxd")
    assert [path.name for path in paths] == ["robots-g0.vxd", "robots-g1.vxd", "robots-g2.vxd", "base.vxa"]
    for plan, path in zip(plans, paths[:-1], strict=True):
        back = only(path)
        np.testing.assert_array_equal(back.cells, plan.cells)
        assert (back.settings, back.inexpressible) == (plan.settings, ())
        same = genomes_of([back], settings_of([back])).cells, genomes_of([plan], settings_of([plan])).cells
        np.testing.assert_array_equal(*same)
    np.testing.assert_array_equal(only(paths[-1]).cells, plans[0].cells)


def test_voxcraft_sim_reads_what_is_written(tmp_path):
    (plan,) = random_plans(1)
    vxd, base = write_vxd([plan], tmp_path / "robot.vxd")
    root = voxcraft_rules.merged(vxd, base)
    np.testing.assert_array_equal(voxcraft_rules.voxels(root), plan.cells)
    assert voxcraft_rules.lattice_side(root) == 0.1
    found = voxcraft_rules.materials(root)
    assert [each["CTE"] > 0 for each in found.values()] == [False, False, True, True]
    moduli = [each["Elastic_Mod"] for each in found.values()]
    np.testing.assert_allclose(np.array(moduli) / moduli[1], [0.3, 1.0, 0.3, 1.0])
    assert all(each["Density"] > 0 and each["Fixed"] == 0 and each["uStatic"] > 0 for each in found.values())
    stop = root.find("Simulator/StopCondition/StopConditionFormula/mtSUB")
    assert stop is not None


def test_the_users_base_stays(tmp_path):
    base = written(tmp_path, vxa(structure(("1",), (1, 1, 1))), "base.vxa")
    before = base.read_bytes()
    (plan,) = random_plans(1)
    assert write_vxd([plan], tmp_path / "robot.vxd") == [tmp_path / "robot.vxd"]
    assert base.read_bytes() == before
    # The robot brings its own materials and size, whatever the base has.
    back = only(tmp_path / "robot.vxd")
    np.testing.assert_array_equal(back.cells, plan.cells)
    assert back.settings == plan.settings
    root = voxcraft_rules.merged(tmp_path / "robot.vxd", base)
    np.testing.assert_array_equal(voxcraft_rules.voxels(root), plan.cells)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (BodyPlan("b", "square", np.ones((1, 1), np.uint8)), "b of square"),
        (BodyPlan("b", "cube", np.ones((1, 1, 1), np.uint8), settings={"actuated": "springs"}), "one by one"),
        (BodyPlan("b", "cube", np.full((1, 1, 1), 5, np.uint8)), "materials up to 4"),
        (BodyPlan("b", "cube", np.ones((1, 1, 1), np.uint8), settings={"soft_stiffness": 2.0}), "stiffer than soft"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, plan, told):
    with pytest.raises(FormatError) as caught:
        write_vxd([plan], tmp_path / "robot.vxd")
    assert told in str(caught.value)
    assert list(tmp_path.iterdir()) == []
