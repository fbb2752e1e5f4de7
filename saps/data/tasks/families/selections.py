"""Families over a condition: filters, counts, positions, runs."""

from saps.data.tasks.family import Family

FAMILIES = (
    Family(
        name="filter",
        result="int[]",
        slots={"X": "int[]", "C": "condition"},
        wordings=(
            "[the] <elements|values|numbers> <in|of|from> {X} that are {C}",
            "<elements|values> in {X} which are {C}",
            "{A} <elements|values|numbers> <in|from> {X}",
            "those <elements|values> of {X} that are {C}",
        ),
        commands=(
            "<filter|keep> only <elements|values> of {X!} that are {C} , what is {X!}",
            (
                "<remove|delete|erase> all <elements|values> of {X!} except those that are {C} , "
                "what <is|remains of> {X!}"
            ),
        ),
        template="(filter X C)",
        example=({"X": [1, 2, 3, 4], "C": "even"}, [2, 4]),
        alone=2.5,
        weight=7,
    ),
    Family(
        name="exclude",
        result="int[]",
        slots={"X": "int[]", "C": "condition"},
        wordings=(
            "<elements|values|numbers> in {X} <excluding|omitting|except> those that are {C}",
            (
                "<remaining|rest of> <elements|values> in {X} after <removing|discarding> those "
                "that are {C}"
            ),
        ),
        commands=(
            (
                "<remove|delete|discard|erase> <elements|values> of {X!} that are {C} , "
                "what <is|remains of> {X!}"
            ),
        ),
        template="(filter X (lambda1 (! (C arg1))))",
        example=({"X": [1, 2, 3, 4], "C": "even"}, [1, 3]),
        weight=2.5,
    ),
    Family(
        name="count",
        result="int",
        slots={"X": "int[]", "C": "condition"},
        wordings=("[the] count of <elements|values|numbers> <in|of> {X} that are {C}",),
        questions=(
            "how many <elements|values|numbers> <in|of|from|among> {X} are {C}",
            "how many {A} <elements|values|numbers> are [there] in {X}",
        ),
        template="(reduce (map X (lambda1 (if (C arg1) 1 0))) 0 +)",
        example=({"X": [1, 2, 3, 5], "C": "even"}, 1),
        alone=2.5,
        weight=4.5,
    ),
    Family(
        name="number_of",
        result="int",
        slots={"X": "int[]", "C": "condition"},
        wordings=(
            "[the] number of <elements|values|numbers> <in|of> {X} that are {C}",
            "[the] number of <elements|values|numbers> <in|of> {X!} {C}",
            "[the] number of {A} <elements|values|numbers> <in|among> {X}",
            (
                "[the] length of [the] longest subsequence of {X} consisting of "
                "<elements|values|numbers> that are {C}"
            ),
            "[the] length of [the] longest subsequence of {A} <elements|values> of {X}",
        ),
        template="(len (filter X C))",
        example=({"X": [1, 2, 3, 5], "C": "even"}, 1),
        alone=2.5,
        weight=4.5,
    ),
    Family(
        name="positions_where",
        result="int[]",
        slots={"X": "int[]", "C": "condition"},
        wordings=(
            (
                "[the] <positions|indexes|indices> <of|in> {X} <at which|where> <elements|values> "
                "are {C}"
            ),
            "[the] <positions|indexes|indices> of <elements|values> in {X} that are {C}",
        ),
        template="(filter (range 0 (len X)) (lambda1 (C (deref X arg1))))",
        example=({"X": [1, 2, 3, 4], "C": "even"}, [1, 3]),
        weight=2,
    ),
    Family(
        name="after_such",
        result="int[]",
        slots={"X": "int[]", "C": "condition"},
        wordings=(
            (
                "<elements|values|numbers> in {X} <located|going|appearing> <right|immidiately> "
                "after those that are {C}"
            ),
        ),
        template="(map (filter (range 1 (len X)) (lambda1 (C (deref X (- arg1 1))))) "
        "(partial0 X deref))",
        example=({"X": [1, 2, 3, 4, 5], "C": "even"}, [3, 5]),
        weight=1.5,
    ),
    Family(
        name="longest_run",
        result="int",
        slots={"X": "int[]", "C": "condition"},
        wordings=(
            (
                "[the] length of [the] longest subarray of {X} <consisting|made> only of "
                "<elements|values|numbers> that are {C}"
            ),
            (
                "[the] length of [the] longest sequence of consecutive <elements|values> in {X} "
                "that are {C}"
            ),
        ),
        template="(reduce (map (range 0 (len X)) (lambda1 (if (< arg1 (len X)) "
        "(if (C (deref X arg1)) (+ (self (+ arg1 1)) 1) 0) 0))) 0 max)",
        example=({"X": [1, 2, 4, 3, 6], "C": "even"}, 2),
        weight=2.5,
    ),
    Family(
        name="replace_by_zero",
        result="int[]",
        slots={"X": "int[]", "C": "condition", "K": "int 0 1"},
        wordings=(
            (
                "<elements|values|numbers> of {X} with {K} being written in place of those that "
                "are {C}"
            ),
        ),
        commands=("replace <elements|values> of {X!} that are {C} with {K!} , what is {X!}",),
        template="(map X (lambda1 (if (C arg1) K arg1)))",
        example=({"X": [1, 2, 3], "C": "even", "K": 0}, [1, 0, 3]),
        weight=1.2,
    ),
    Family(
        name="any",
        result="bool",
        slots={"X": "int[]", "C": "condition"},
        wordings=(
            "there <are|exist> <elements|values|numbers> in {X} that are {C}",
            "{X} has <elements|values|numbers> that are {C}",
        ),
        template="(reduce (map X C) false ||)",
        example=({"X": [1, 2], "C": "even"}, True),
        weight=2,
    ),
    Family(
        name="all",
        result="bool",
        slots={"X": "int[]", "C": "condition"},
        wordings=("all <elements|values|numbers> <in|of> {X} are {C}",),
        template="(reduce (map X C) true &&)",
        example=({"X": [4, 2], "C": "even"}, True),
        weight=2,
    ),
    Family(
        name="is_such",
        result="bool",
        slots={"K": "int", "C": "condition"},
        wordings=("{K} is {C}",),
        template="(C K)",
        example=({"K": 2, "C": "even"}, True),
        weight=2,
    ),
)
