"""A person's English, read into the form that a network learned from.

`read_english` takes marks, labels and signatures off a text (`surface`), takes the types that are
declared (`declarations`), finds names (`names`), numbers (`literals`) and strings (`quoted`), mends
slips with the words that the network knows (`vocabulary`), and hands out letters for names and
literals (`reader`). A `Reading` is the text for the network, with what each letter stands for and a
note of all that was changed. What contradicts itself is not read at all (`declarations`).

Training texts of people's requests pass through the same reader, so whatever it leaves in a text
the network has seen. Nothing in this room needs torch.
"""

from saps.english.reader import Reading, read_english
from saps.english.vocabulary import Vocabulary

__all__ = ["Reading", "Vocabulary", "read_english"]
