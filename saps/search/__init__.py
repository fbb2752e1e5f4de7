"""From a network's distributions to programs: greedy, beam, sampling, guided by examples.

A search is given a `Scorer` (`saps.model.protocols`: a network that has read texts), the labels
and, for each text, a `Request` (`request`: what is known of the program). Trees are written in
pre-order, label by label: a `PartialTree` (`interface`) says where the next node goes, `mask` which
labels may stand there. The mask knows what each label does to the types of the open positions
(`open_positions`) and how few nodes close them. An `Expansion` (`interface`) grows the trees of
many texts together, with their states; `greedy`, `beam`, `sampling` and `guided` choose what to
grow, and `fallback` searches on where a greedy program is in doubt. Out come `Prediction`s, the
best first.
"""
