"""The doctor: numbers of samples and rows of stats -> rules -> findings. It never imports torch.

reference     what the doctor knows of the real items: principal axes, prototypes, neighbourhoods
signals       numbers without thresholds, of samples, of discriminator outputs, of series
probe         such numbers of one generator at one update
history       rows and probes over time
findings      a finding: a state, since when, the evidence, what to change
ruleset       RULES: history -> finding, each with its thresholds and remedies
remedies      what to change in a recipe
doctor        the rules applied as the history grows: which findings are active
watcher       the doctor beside the training loop
"""
