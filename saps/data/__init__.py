"""Tasks, from files to batches.

`files` streams the lines of a file, however it is packed; `algolisp` makes an `Example` of each;
`verification` runs examples on their own tests, and `pairs` makes examples of English and programs
alone. `tokenizer` turns a text into piece ids, `symbols` a program into labels. `batching` puts
both into index tensors, `encoded` keeps those of a whole split as flat arrays in a cache, and
`data_module` plans the batches of each epoch. `device_batches` chooses the few shapes that batches
are padded to, and packs many into one buffer. `tasks` generates new tasks, and `wordings` says
texts in other words.
"""

from saps.data.algolisp import load_split, read_examples, scan_examples, write_examples
from saps.data.example import Example, Test
from saps.data.files import DataError
from saps.data.tokenizer import normalise_text

__all__ = [
    "DataError",
    "Example",
    "Test",
    "load_split",
    "normalise_text",
    "read_examples",
    "scan_examples",
    "write_examples",
]
