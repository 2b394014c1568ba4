"""The episode of many bodies as a function of arrays with a derivative, for any framework that differentiates."""

from codesign.differentiable.checking import require_window
from codesign.differentiable.controllers import of_controllers
from codesign.differentiable.episode import Actuation, Array, Episode, Simulation

__all__ = ["Actuation", "Array", "Episode", "Simulation", "of_controllers", "require_window"]
