"""The doctor's test bed: histories that are played with real pictures instead of trained, each with one fault or none.

    python -m benchmarks.doctor_bed record --half work --out DIR     # plays what is missing in DIR; --again plays all
    python -m benchmarks.doctor_bed judge --half work --out DIR      # replays, prints the table

data          real items: training items, unseen items, and the variants of a data set
moment        a time in a history: how far the learning and the fault are
generator     a generator whose samples are unseen items, and a discriminator that knows what is real
numbers       rows of statistics: logits are drawn, and the run's own loss is computed of them
pictures      what faults do to pictures
drawing       what faults do to the choice of items
players       what faults do to the numbers of the game
situation     the record of a situation
faulty, healthy  the tables of situations
halves        which situations may be looked at, and which are sealed
play          a situation becomes a run's folder, with the prober of the package
judge         the doctor's words about such folders, against the table
"""
