"""What the studio answers where it does not do what was asked."""

from __future__ import annotations


class StudioError(Exception):
    """A request that is refused: an HTTP status of 400 or above, and one sentence for the person."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
