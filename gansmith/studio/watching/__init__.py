"""What an open page is shown: cards of runs, one run, and what is new in it."""
