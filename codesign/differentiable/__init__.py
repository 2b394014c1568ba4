"""The episode of many bodies as a function of arrays with a derivative, for any framework that differentiates."""

from codesign.differentiable.checking import MATERIAL, require_window
from codesign.differentiable.controllers import of_controllers
from codesign.differentiable.episode import Actuation, Array, Diverged, Episode, Simulation

__all__ = ["MATERIAL", "Actuation", "Array", "Diverged", "Episode", "Simulation", "of_controllers", "require_window"]
