"""How the numbers of a column become those that the networks get, and come back."""
