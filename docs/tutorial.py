# %% [markdown]
# # Tutorial: from a sentence to a trained model
#
# Ten minutes on a CPU: make data, look at them, train a small model, judge it, and ask it for
# programs. Read it as a page, open it as a notebook ([tutorial.ipynb](tutorial.ipynb)), or run the
# script of which both are made:
#
# ```console
# $ python docs/tutorial.py
# ```
#
# Files land in `data/tutorial` and `runs/tutorial` of the folder where it starts.

# %%
import os
import shlex
import subprocess
import sys
from pathlib import Path

SHORT = "SAPS_TUTORIAL_SHORT" in os.environ  # a few tasks and one epoch: only to see that all works
SIZE, EPOCHS, JUDGED = (400, 1, 20) if SHORT else (12_000, 20, 1_000)


def run(command: str) -> None:
    """Run a command as in a shell, and show what it prints as it comes."""
    print(f"$ {command}")
    arguments = [sys.executable, "-m", *shlex.split(command)]  # a notebook may not know the path
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="")
    assert process.returncode == 0, f"it ended with status {process.returncode}"


# %% [markdown]
# ## A sentence
#
# This is where it should lead: English in, a program out. The model in the package can do it.

# %%
from saps import Synthesizer

SENTENCE = "given an array of numbers a , find the sum of odd elements of a"
synthesis = Synthesizer.load().synthesize(SENTENCE)
print(synthesis.program)
print(synthesis.python)

# %% [markdown]
# The rest is about making such a model from nothing.
#
# ## Data
#
# The generator writes tasks: an English text, the types of its arguments, a program, and tests, the
# outputs of which come from running the program. `max_depth=1` keeps to simple texts, in which no
# task stands within another; with 2 there is "the length of the longest prefix of ..." as well, and
# more to learn.

# %%
run(f"saps generate out=data/tutorial size={SIZE} seed=1 max_depth=1")

# %%
from saps.data import load_split

tasks = load_split("data/tutorial", "train")
for task in tasks[:3]:
    print(task.text)
    print("   ", task.program)
    print("   ", dict(task.tests[0].inputs), "->", task.tests[0].output)

# %% [markdown]
# No program of one split is in another, so a model cannot get a test task right by remembering its
# program. It can know the parts:

# %%
splits = {split: load_split("data/tutorial", split) for split in ("train", "dev", "test")}
programs = {split: {task.program for task in found} for split, found in splits.items()}
for split, found in splits.items():
    print(f"{split}: {len(found)} tasks, {len(programs[split])} different programs")
print("in both train and test:", len(programs["train"] & programs["test"]))

# %% [markdown]
# A program is a tree, and its value can be computed:

# %%
from saps.lang import compile_program
from saps.lang.render import box_tree

print(box_tree(synthesis.program))
print(compile_program(synthesis.program, {"a": "int[]"})({"a": [1, 2, 3, 5]}))

# %% [markdown]
# ## Training
#
# `experiment=saps_vh_att` is the row SAPS VH Att of the [table](models.md): states along both
# directions of the tree, and attention. `model/size=small` makes it thirteen times smaller than the
# paper's. After each epoch a task of the validation split is shown, always the same, with what the
# model writes for it, and how many of 500 tasks it gets exactly right.

# %%
run(
    "saps train experiment=saps_vh_att model/size=small data.path=data/tutorial"
    f" data.dev_limit=500 trainer.max_epochs={EPOCHS} n_samples=1"
    " folder=runs/tutorial overwrite=true"
)

# %% [markdown]
# The run leaves its curves in `runs/tutorial/curves.png`:
#
# ![Loss and exact match by epoch](images/tutorial-curves.png)
#
# It would go on where it stopped with the same command, `ckpt_path=last` and a larger
# `trainer.max_epochs` in place of `overwrite=true` ([training](training.md)).
#
# ## How good is it?
#
# Exact match asks for the very program of the task; accuracy runs what was written on the tests.

# %%
run(
    "saps evaluate checkpoint=runs/tutorial/best data.path=data/tutorial out=runs/tutorial/report"
    f" limit={JUDGED} overwrite=true"
)

# %% [markdown]
# `runs/tutorial/report/report.html` is the same as a page, with every task and both trees side by
# side. From Python:

# %%
from saps.evaluation.report import load_report

report = load_report(Path("runs/tutorial/report"))
for name, rate in (("exact match", report.full.exact_match), ("accuracy", report.full.accuracy)):
    low, high = rate.interval or (0.0, 1.0)
    print(f"{name}: {rate.count:.0f} of {rate.n}, between {low:.1%} and {high:.1%}")

# %% [markdown]
# ## Programs from the new model

# %%
synthesizer = Synthesizer.load("runs/tutorial/best")
for text in (
    SENTENCE,
    "given a number a , find a plus 1",
    "given an array of strings a , find the length of the longest of them",
    "given numbers a and b , find the larger of a and b",
):
    print(text)
    print("   ", synthesizer.synthesize(text).program)

# %% [markdown]
# Where the likeliest tree is wrong, an example helps: the search then tries trees, the likely ones
# first, until one does what the example says.

# %%
answer = synthesizer.synthesize(
    "given an array of numbers a , find the sum of odd elements of a",
    examples=[({"a": [1, 2, 3, 5]}, 9), ({"a": [4, 8]}, 0), ({"a": [7]}, 7)],
)
print(answer.program, "passes" if answer.passes else "does not pass")

# %% [markdown]
# ## What it looked at
#
# Each node of the tree weighs the words before its label is predicted. The weights are there to be
# read; here the word that each node looked at most:

# %%
explanation = synthesizer.explain(answer)
for node in explanation.nodes:
    share, word = max(zip(node.attention or (), explanation.words, strict=True))
    print(f"{'  ' * node.depth + node.symbol:16} {word:10} {share:.0%}")

# %% [markdown]
# As a picture:

# %%
run(f'saps show "{SENTENCE}" --attention runs/tutorial/attention.svg --model runs/tutorial/best')

# %% [markdown]
# ![Rows are nodes of the program, columns words of the text](images/tutorial-attention.svg)
#
# ## From here
#
# - More data, a larger model: `saps generate out=data/short size=64000 max_depth=2 seed=1`, then
#   `saps train experiment=saps_vh_att data=short`. [Its card](model-card.md) says how the bundled
#   model was made.
# - Other rows: `experiment=saps_v`, which is right on no program with two different siblings;
#   `seq2seq_att`, `seq2tree` ([the networks](models.md)).
# - Other searches: `saps evaluate decoding=beam data.path=data/tutorial` ([search](search.md)).
# - [Your own tasks](howto/own-data.md).
