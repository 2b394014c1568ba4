"""Variation operators that add, remove, rearrange and combine parts: a function each, a line in the registry."""

from codesign.genome.operators.blocks import copy_block, mirror, move_block, rotate
from codesign.genome.operators.cells import cell_flip, flip, grow, muscle_flip, trim
from codesign.genome.operators.crossover import graft, uniform_crossover, xor_crossover
from codesign.genome.operators.operator import Crossover, Mutation, Operator

VARIATIONS: dict[str, Operator] = {
    "flip": Mutation("flip", flip, reshapes=True),
    "cell_flip": Mutation("cell_flip", cell_flip),
    "muscle_flip": Mutation("muscle_flip", muscle_flip),
    "grow": Mutation("grow", grow),
    "trim": Mutation("trim", trim),
    "move_block": Mutation("move_block", move_block),
    "copy_block": Mutation("copy_block", copy_block),
    "mirror": Mutation("mirror", mirror, applies=lambda lattice: bool(lattice.reflections)),
    "rotate": Mutation("rotate", rotate, applies=lambda lattice: bool(lattice.rotations)),
    "graft": Crossover("graft", graft),
    "uniform_crossover": Crossover("uniform_crossover", uniform_crossover),
    "xor_crossover": Crossover("xor_crossover", xor_crossover),
}

__all__ = ["VARIATIONS", "Crossover", "Mutation", "Operator"]
