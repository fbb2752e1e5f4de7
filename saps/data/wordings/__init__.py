"""The one room that says a text otherwise than it stands.

For tasks in the form of the data, `noise` makes slips and small changes.

For kinds of tasks, which have their words with them: `requests` says a drawn task as somebody would
ask for it, in the frames of `frames.txt`. `tables` has the patterns of both kinds of tables.
"""
