"""Models judged: tasks in, a report out, and reports compared.

`evaluate` takes a configuration, which `evaluation_settings` checks, and writes four files into a
folder that no other command writes to. `answering` loads the model and has it write a program for
each task; `judge` runs each program on the tests of its task, in worker processes, so it imports no
torch. `metrics` counts the results, also by what a task is like. `report` holds it all, as JSON
too; `report_tables` and `report_page` show it.

`compare_reports` sets reports on the same tasks side by side, `fit_confidence` fits how sure a
model may be of its answers, and `ablation` trains and judges the rows of a table under one budget.
"""
