"""Short lines of text: reading them, their alphabet, what makes them like real ones, and the record of the kind."""
