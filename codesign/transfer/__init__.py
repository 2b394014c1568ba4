"""Another simulator's opinion: recorded robots in MuJoCo, as they are and changed. Knows recordings and MuJoCo."""

from codesign.transfer.changes import FACTORS, RECORDED, Change, TransferSettings
from codesign.transfer.comparison import Outcome, Transfer, displacement, transfer, without_ground
from codesign.transfer.controllers import Actuate, controller_of
from codesign.transfer.episodes import Drive, Episode
from codesign.transfer.files import FILES, write_transfers
from codesign.transfer.limits import Limits, limits_of
from codesign.transfer.mujoco_world import require_mujoco, simulate_mujoco
from codesign.transfer.point_masses import simulate_points

__all__ = [
    "FACTORS",
    "FILES",
    "RECORDED",
    "Actuate",
    "Change",
    "Drive",
    "Episode",
    "Limits",
    "Outcome",
    "Transfer",
    "TransferSettings",
    "controller_of",
    "displacement",
    "limits_of",
    "require_mujoco",
    "simulate_mujoco",
    "simulate_points",
    "transfer",
    "without_ground",
    "write_transfers",
]
