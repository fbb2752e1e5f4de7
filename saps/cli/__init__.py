"""The `saps` command. Results go to stdout, everything else to stderr.

`app` reads the command line; each command then checks what it was given with `asking`, before it
imports what takes seconds (torch, Hydra), and calls one function of a room below: `synthesize` the
synthesizer, `programs` the language, both also by a `prompt`; `data` the files of tasks, `own_data`
the columns of a table; `train` and `ablate` a Hydra application (`hydra_application`, with `sweep`
for several jobs), `reports` the evaluation, `serve` the service. `answers` writes an answer and its
notes; `console` has the streams and what becomes of an error.
"""

from saps.cli.app import main

__all__ = ["main"]
