"""Loggers: services that show and keep the numbers of runs, any number of them at once."""

from codesign.run.loggers.delivery import Delivery
from codesign.run.loggers.logger import LoggedRun, LoggerConnection, LoggerSettings
from codesign.run.loggers.mlflow import Mlflow
from codesign.run.loggers.tensorboard import Tensorboard
from codesign.run.loggers.wandb import Wandb

LOGGERS: dict[str, type[LoggerSettings]] = {"mlflow": Mlflow, "tensorboard": Tensorboard, "wandb": Wandb}
"""All loggers by name."""

__all__ = ["LOGGERS", "Delivery", "LoggedRun", "LoggerConnection", "LoggerSettings"]
