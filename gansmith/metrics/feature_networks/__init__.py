"""The networks that describe items by features before sets of items are compared."""
