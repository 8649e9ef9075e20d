"""Commands that train: train, resume, compare, articles, bench."""
