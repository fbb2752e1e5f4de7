"""One table, one budget: rows that are trained and judged alike but for one part.

`ablation_settings` checks the configuration: which rows, under which seeds, with what in common.
`ablation_folder` keeps the folder for one ablation and one command, and reads from its files how
far each row is. `making` says what `saps train` and `saps evaluate` get for a row, and whether a
run or a report that lies there was made so; it looks at everything before anything is made, then
makes the rows in waves. `ablation_result` reads what came of them, and
`ablation_tables` writes it. All state is in files: a command that was killed goes on.
"""
