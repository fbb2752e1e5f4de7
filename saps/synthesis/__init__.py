"""From a text to a program that a person can run.

`Synthesizer` makes a `Task` of what a person gives (`synthesizer`), reads it and turns names into
letters (`preparation`), and lets a search write programs with the network (`predictor`). Programs
that compute the same are one answer with one probability, and examples sort out those that do not
compute them (`behaviour`). The best become a `Synthesis`: names and literals in place of letters,
types, Python, what each example gave (`answer`), and a calibrated confidence (`calibration`).
`explanation` scores a program again, node by node, for whoever asks how it came about.

Every error of a person's is a `SynthesisError`, whose message says what to do.
"""
