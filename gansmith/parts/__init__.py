"""Parts of a training that the user wrote: networks, loss, regularizer, augmentation, metrics, callbacks.

`record` says what each is, `callback` what a callback is told and may ask for, `file` runs a file that defines them. Importing
this room does not import torch.
"""

from __future__ import annotations

from gansmith.parts.callback import Callback, Moment
from gansmith.parts.record import NO_PARTS, Augmentation, Metric, Parts, Regularizer

__all__ = ["NO_PARTS", "Augmentation", "Callback", "Metric", "Moment", "Parts", "Regularizer"]
