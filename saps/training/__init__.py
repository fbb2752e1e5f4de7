"""Training: from a configuration to a run folder with the best model.

`run.train` reads as the list of steps. `run_settings` looks at what may be refused. `data_feed`
gives each process its batches, from where a checkpoint left off, and `training_module` makes losses
and validations of them; Lightning trains. Its callbacks: `callbacks` keep the best model, seed
each step and tell of each epoch, `stopping` saves and ends a run. `checkpoints` has what lies in
the folder of a run, and to which run it belongs; `pretraining` begins with the weights of another.
"""
