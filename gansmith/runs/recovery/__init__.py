"""Going on: resumed, after a roll-back, and with smaller micro-batches when memory ran out."""
