"""The ablation: the rows of one table, trained and judged under one budget on one data set."""
