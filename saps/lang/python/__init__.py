"""How `saps.lang.to_python` writes Python."""
