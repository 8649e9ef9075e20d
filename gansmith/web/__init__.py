"""A generator for browsers: its plan and weights as a renderer in JavaScript reads them, and the page around it.

`engine/` is the renderer, `page/` is what a person sees and does; both are plain ES modules, which `scripts` joins into one
file. `model` writes plans and weights.
"""
