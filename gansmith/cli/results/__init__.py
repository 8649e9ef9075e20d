"""Commands that look at what a training left: sample, evaluate, explore, diagnose, report."""
