"""The `saps` command. Results go to stdout, everything else to stderr.

`app` reads the command line; each command then checks what it was given with `values` and
`asking`, before it imports what takes seconds (torch, Hydra), and calls one function of a room
below: `synthesize` and its prompt the synthesizer, `programs` and `repl` the language, `data` the
files of tasks, `train` and `ablate` a Hydra application (`hydra_application`, with `hydra_help` for
what one can choose and `sweep` for several jobs), `reports` the evaluation, `serve` the service.
`answers` writes an answer and its notes; `console` has the streams and what becomes of an error.
"""

from saps.cli.app import main

__all__ = ["main"]
