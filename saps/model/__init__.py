"""The networks: what reads the text, what grows the tree, and how they are trained."""
