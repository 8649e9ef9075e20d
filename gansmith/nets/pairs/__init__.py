"""Plans of generators and discriminators: one file per pair, mirrored."""
