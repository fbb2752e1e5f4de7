"""Recurrent cells: one file a family, one YAML in `conf/cell` for each choice."""
