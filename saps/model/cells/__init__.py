"""Recurrent cells, a file each; `cell` says what encoders and decoders ask of them."""
