"""Rows of stats.jsonl as TensorBoard events (the extra `tensorboard`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gansmith.ground.errors import EngineError


def writer(folder: Path) -> Callable[[dict[str, Any]], None]:
    """A function that writes one row. Raises EngineError if TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise EngineError("watch.tensorboard needs TensorBoard: pip install 'gansmith[tensorboard]'") from None
    board = SummaryWriter(str(folder))

    def write(row: dict[str, Any]) -> None:
        for name, value in row.items():
            if isinstance(value, float):
                board.add_scalar(name.replace(".", "/"), value, row["update"])
        board.flush()

    return write
