"""Genomes on a lattice: what they are, which are valid, which are equal, how they vary.

Host code only; it knows no simulator, no files and no workers.
"""

from codesign.genome.assembly import assemble
from codesign.genome.genomes import Genome, Genomes, check_genomes
from codesign.genome.keys import keys, repeated
from codesign.genome.lattice import CellTemplate, Lattice, Material, row_counts
from codesign.genome.lattices import LATTICES
from codesign.genome.operators import VARIATIONS, Crossover, Mutation, Operator
from codesign.genome.repair import check_whole, random_genomes, repair
from codesign.genome.settings import LatticeSettings
from codesign.genome.variation import VariationSettings, vary
from codesign.genome.voxels import from_voxels

__all__ = [
    "LATTICES",
    "VARIATIONS",
    "CellTemplate",
    "Crossover",
    "Genome",
    "Genomes",
    "Lattice",
    "LatticeSettings",
    "Material",
    "Mutation",
    "Operator",
    "VariationSettings",
    "assemble",
    "check_genomes",
    "check_whole",
    "from_voxels",
    "keys",
    "random_genomes",
    "repair",
    "repeated",
    "row_counts",
    "vary",
]
