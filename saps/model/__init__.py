"""The networks: a text in, the scores of a program's nodes out.

Pieces of a text go through the `encoder`: it leaves a memory (a vector a piece) and z, the text as
one vector. A decoder writes from these: `tree_decoder` grows a tree from its root, each node from
its parent and its previous sibling; `sequence_decoder` writes bracketed tokens. `network` joins an
encoder and a decoder; `protocols` has what training and searches ask of the whole: a loss, and a
scorer. `tree_encoder` reads programs instead of texts, for the autoencoder. What repeats is a cell
of `cells`.

`bundle` makes a network from a configuration and keeps it in a folder, with its vocabularies and
without pickle: what a stranger's folder says is data, and runs nothing.
"""
