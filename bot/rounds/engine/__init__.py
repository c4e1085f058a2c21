"""The durable engine: rounds as workflows. Only this folder knows DBOS.

Ids are derived from what a workflow does, so that any number of ticks, in any number of processes,
start it once.
"""

from bot.rounds.engine.client import Asking, RemoteEngine, Runs
from bot.rounds.engine.engine import Engine
from bot.rounds.engine.workflows import Services

__all__ = ["Asking", "Engine", "RemoteEngine", "Runs", "Services"]
