"""The doctor: signals from rows of stats and from probes -> rules -> findings. It never imports torch.

reference     what it knows of the real items: projections, prototypes, neighbourhoods
signals       numbers without thresholds, of samples, of verdicts, of series
probe         samples of a generator looked at once: a row of such numbers
history       rows and probes over time
findings      what is found: a state, since when, the evidence, what to change
rules         RULES: history -> finding, each with its thresholds       (rules_game, rules_samples, rules_course)
remedies      what to change first, for a recipe
doctor        RULES applied as the history grows: what stands, and when it changed
watcher       the doctor beside the training loop
"""
