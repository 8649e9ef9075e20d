"""How weights move: optimisers, tables that are stepped lazily, and the running average of the generator."""
