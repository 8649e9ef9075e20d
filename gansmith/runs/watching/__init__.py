"""Who watches a run besides the watchers of every run: the user's callbacks, and what stops a run early."""
