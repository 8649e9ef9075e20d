"""The studio: one process that shows and steers trainings in the browser. Trainings are processes of their own.

What a page sees is read from the files of the runs, so nothing that the studio remembers can be wrong.
"""
