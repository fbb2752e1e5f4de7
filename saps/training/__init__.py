"""Training: from a configuration to a run folder with the best model.

`run.train` reads as the list of steps. `run_settings` looks at what may be refused, `run_folder`
at what lies in the folder. `data_feed` gives each process its batches, from where a checkpoint
left off, and `training_module` makes losses and validations of them; the trainer is Lightning's.
Its callbacks: `callbacks` keep the best model and seed each step, `stopping` saves and ends a run,
`epoch_report` tells of each epoch. `checkpoints` are whole and belong to one run; `pretraining`
begins with another run's weights.
"""
