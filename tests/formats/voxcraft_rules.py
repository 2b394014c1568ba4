"""What voxcraft-sim makes of a .vxd and its base.vxa, by the rules of its published reader.

`ctool::ptree_merge` puts each element of the .vxd that has an attribute `replace` in that place of the base;
`CVX_Object::ReadXML` numbers materials by their order, with an empty one as number 0; `CVXC_Structure::ReadXML` reads
one layer for each of Z_Voxels, of X_Voxels * Y_Voxels characters, x running fastest, less 48 each.
"""

import copy
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np


def merged(vxd: Path, base: Path) -> Element:
    """Return the VXA that is simulated."""
    root = ElementTree.parse(base).getroot()
    changes = ElementTree.parse(vxd).getroot()
    assert (root.tag, changes.tag) == ("VXA", "VXD")
    for element in changes:
        if place := element.attrib.get("replace", ""):
            first, *inner, last = place.split(".")
            assert first == root.tag
            parent = root
            for name in inner:
                below = parent.find(name)
                parent = ElementTree.SubElement(parent, name) if below is None else below
            replaced = copy.deepcopy(element)
            replaced.tag = last
            before = parent.find(last)
            if before is not None:
                parent.remove(before)
            parent.append(replaced)
    return root


def said(element: Element, name: str, missing: float) -> float:
    text = element.findtext(name)
    return missing if text is None else float(text)


def voxels(root: Element) -> np.ndarray:
    """Return the number of each voxel's material, [x, y, z]."""
    structure = root.find("VXC/Structure")
    assert structure is not None
    assert structure.attrib["Compression"] == "ASCII_READABLE"
    x, y, z = (int(said(structure, f"{axis}_Voxels", 1)) for axis in "XYZ")
    layers = structure.findall("Data/Layer")
    assert len(layers) == z
    found = np.zeros((x, y, z), int)
    for level, layer in enumerate(layers):
        assert layer.text is not None
        assert len(layer.text) == x * y
        for place, character in enumerate(layer.text):
            found[place % x, place // x, level] = ord(character) - 48
    return found


def materials(root: Element) -> dict[int, dict[str, float]]:
    """Return what is mechanical of each material, by its number."""
    names = ("Elastic_Mod", "Density", "Poissons_Ratio", "CTE", "MaterialTempPhase", "uStatic", "uDynamic", "Fixed")
    found = {}
    for number, material in enumerate(root.findall("VXC/Palette/Material"), 1):
        mechanical = material.find("Mechanical")
        assert mechanical is not None
        found[number] = {name: said(mechanical, name, 0.0) for name in names}
    return found


def lattice_side(root: Element) -> float:
    """Return the length of a voxel's side [m]."""
    lattice = root.find("VXC/Lattice")
    assert lattice is not None
    return said(lattice, "Lattice_Dim", 0.001)
