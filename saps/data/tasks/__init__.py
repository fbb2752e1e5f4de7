"""Tasks are made here; there are two sources, and both are data that a newcomer can add to.

Families (`family`, `families/*.txt`) are tasks in the form of the published data: `composer` nests
them into a draft, says it, and reads a program as families; `generate` draws inputs, computes
outputs, gives up where a test fails, and writes the splits of a folder (`dataset_folder`,
`sharding`).

Kinds (`kinds`, `people/*.txt`) are what people ask a synthesizer for, in their own words: `people`
draws a task of them, `natural_inputs` values that a person would try, and
`saps.data.wordings.requests` says it.
"""
