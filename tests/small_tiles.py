"""Small tiles, also in the processes of a cluster that tests start."""

from distributed import Worker, WorkerPlugin

from hsi.networks.memory import MemoryLimits
from hsi.networks.trunk_head import TrunkHead
from hsi.scene import raster


class SmallTiles(WorkerPlugin):
    """Tiles of 8 pixels and windows of 500 numbers, in every worker and in those that follow it."""

    def setup(self, worker: Worker) -> None:
        TrunkHead.memory_limits = lambda *_: MemoryLimits(50, 8)
        raster.CHUNK = 500
