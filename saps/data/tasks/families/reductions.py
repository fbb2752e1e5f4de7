"""Numbers from arrays of numbers."""

from saps.data.tasks.family import Family

_NUMBERS = "<elements|values|numbers>"
_ELEMENT = "<element|value|number>"
_POSITION = "<position|index>"
_SMALLEST = "<smallest|minimum|minimal|lowest>"
_LARGEST = "<largest|maximum|maximal|biggest|highest>"
_BIGGER = "<greater|bigger|larger>"
_DIGIT_SUM_1 = "(reduce (digits arg1) 0 +)"
_DIGIT_SUM_2 = "(reduce (digits arg2) 0 +)"
_REVERSED_1 = "(reduce (reverse (digits arg1)) 0 (lambda2 (+ (* arg1 10) arg2)))"
_REVERSED_2 = "(reduce (reverse (digits arg2)) 0 (lambda2 (+ (* arg1 10) arg2)))"


def _positions(name: str, wordings: tuple[str, ...], function: str, output: int) -> Family:
    """Return the family that counts positions at which two arrays compare so."""
    return Family(
        name=f"positions_{name}",
        result="int",
        slots={"X": "int[]", "Y": "int[]"},
        wordings=tuple(f"[the] number of {wording}" for wording in wordings),
        questions=(
            f"on how many <positions|indexes|indices> {{X}} is {wordings[0].rpartition(' is ')[2]}",
        ),
        template="(reduce (map (range 0 (min (len X) (len Y))) "
        f"(lambda1 (if ({function} (deref X arg1) (deref Y arg1)) 1 0))) 0 +)",
        example=({"X": [1, 2, 3, 9], "Y": [0, 2, 4]}, output),
        weight=1.0,
    )


def _steps(name: str, wordings: tuple[str, ...], function: str, output: int) -> Family:
    """Return the family that counts elements by comparison with the one before."""
    return Family(
        name=f"steps_{name}",
        result="int",
        slots={"X": "int[]"},
        wordings=wordings,
        template="(reduce (map (range 1 (len X)) "
        f"(lambda1 (if ({function} (deref X arg1) (deref X (- arg1 1))) 1 0))) 0 +)",
        example=({"X": [1, 2, 2, 1, 5]}, output),
        weight=0.8,
    )


def _longest(name: str, order: str, function: str, output: int) -> Family:
    """Return the family that measures the longest subarray in some order."""
    return Family(
        name=f"longest_{name}",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            f"[the] length of [the] longest {order} <subarray|consecutive subsequence> of {{X}}",
            f"[the] length of [the] longest subarray of {{X}} that is {order}",
        ),
        template="(reduce (map (range 0 (len X)) (lambda1 (if (< (+ arg1 1) (len X)) "
        f"(if ({function} (deref X arg1) (deref X (+ arg1 1))) (+ (self (+ arg1 1)) 1) 1) 1))) "
        "0 max)",
        example=({"X": [1, 2, 3, 3, 1]}, output),
        weight=0.8,
    )


def _by_key(name: str, key: str, keys: tuple[str, str], output: int) -> tuple[Family, Family]:
    """Return the families that pick an element by something computed from it."""
    largest, smallest = (
        Family(
            name=f"{word}_by_{name}",
            result="int",
            slots={"X": "int[]"},
            wordings=(
                f"[the] {_ELEMENT} in {{X}} <with|that has|having> {words} {key}",
                f"[the] {_ELEMENT} <of|in> {{X}} whose {key} is {words}",
            ),
            template=(
                f"(reduce X {start} (lambda2 (if ({function} {keys[0]} {keys[1]}) arg1 arg2)))"
            ),
            example=({"X": [30, 21, 14, 2]}, result),
            weight=0.8,
        )
        for word, words, start, function, result in (
            ("largest", "<largest|biggest|maximum>", "0", ">", output),
            ("smallest", "<smallest|lowest|minimum>", "(head X)", "<", 2),
        )
    )
    return largest, smallest


BASIC = (
    Family(
        name="length",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] length of {X}",
            f"[the] number of {_NUMBERS} in {{X!}}",
        ),
        questions=(f"how many {_NUMBERS} are [there] in {{X}}",),
        template="(len X)",
        example=({"X": [4, 5]}, 2),
        weight=1.3,
    ),
    Family(
        name="sum",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] sum of {X}",
            f"[the] sum of [all] {_NUMBERS} <in|of> {{X!}}",
        ),
        template="(reduce X 0 +)",
        example=({"X": [4, 5]}, 9),
        weight=2.5,
    ),
    Family(
        name="product",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] product of {X}",
            f"[the] product of [all] {_NUMBERS} <in|of> {{X!}}",
        ),
        template="(reduce X 1 *)",
        example=({"X": [4, 5]}, 20),
        weight=1.2,
    ),
    Family(
        name="maximum",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            f"[the] <{_LARGEST}|max> {_ELEMENT} <in|of|among> {{X}}",
            "[the] <maximum|max|largest|biggest> <of|in|among> {X}",
        ),
        template="(reduce X 0 max)",
        example=({"X": [4, 5]}, 5),
        weight=2.2,
    ),
    Family(
        name="minimum",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            f"[the] <{_SMALLEST}|min|mininum> {_ELEMENT} <in|of|among> {{X}}",
            "[the] <minimum|min|mininum|smallest> <of|in|among> {X}",
        ),
        template="(reduce X 1000000000 min)",
        example=({"X": [4, 5]}, 4),
        weight=2.2,
    ),
    Family(
        name="mean",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] <mean|average|avg> of {X}",
            f"[the] <mean|average|avg> [value] <of|among> [all] {_NUMBERS} <in|of> {{X!}}",
            "[the] <mean|average> of {X} rounded down",
        ),
        template="(/ (reduce X 0 +) (len X))",
        example=({"X": [4, 5]}, 4),
        weight=2.2,
    ),
    Family(
        name="median",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] median of {X}",
            f"[the] median <of|among> [all] {_NUMBERS} <in|of> {{X!}}",
            "[the] middle element of {X} after sorting",
        ),
        template="(deref (sort X) (/ (len X) 2))",
        example=({"X": [4, 5, 1]}, 4),
        weight=2.2,
    ),
)

PICKED = (
    Family(
        name="second_smallest",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            (
                f"[the] {_SMALLEST} {_ELEMENT} [which is] strictly {_BIGGER} than [the] minimum "
                "[element] <in|of> {X}"
            ),
            (
                f"[the] {_SMALLEST} {_ELEMENT} in {{X!}} , which is strictly {_BIGGER} than "
                "[the] <minimum|smallest> <element|value> in {X!}"
            ),
        ),
        template="(reduce (filter X (partial0 (reduce X 1000000000 min) <)) 1000000000 min)",
        example=({"X": [4, 5, 4, 6]}, 5),
        weight=1.5,
    ),
    Family(
        name="second_largest",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            (
                f"[the] {_LARGEST} {_ELEMENT} [which is] strictly <less|smaller> than "
                "[the] maximum [element] <in|of> {X}"
            ),
            (
                f"[the] {_LARGEST} {_ELEMENT} in {{X!}} , which is strictly <less|smaller> than "
                "[the] <maximum|largest> <element|value> in {X!}"
            ),
        ),
        template="(reduce (filter X (partial0 (reduce X 0 max) >)) 0 max)",
        example=({"X": [4, 5, 4, 6]}, 5),
        weight=1.5,
    ),
    Family(
        name="nth_smallest",
        result="int",
        slots={"N": "int", "X": "int[]"},
        wordings=(
            "[the] {N!} - th smallest [<element|value>] <in|of|among> {X}",
            "[the] smallest [<element|value>] <in|of|among> {X} with ordinal position {N}",
        ),
        template="(deref (sort X) (- N 1))",
        example=({"X": [4, 5, 3], "N": 2}, 4),
    ),
    Family(
        name="nth_largest",
        result="int",
        slots={"N": "int", "X": "int[]"},
        wordings=(
            "[the] {N!} - th <largest|biggest> [<element|value>] <in|of|among> {X}",
            "[the] <largest|biggest> [<element|value>] <in|of|among> {X} with ordinal position {N}",
        ),
        template="(deref (reverse (sort X)) (- N 1))",
        example=({"X": [4, 5, 3], "N": 1}, 5),
    ),
    Family(
        name="at_position",
        result="int",
        slots={"X": "int[]", "N": "int 1 2"},
        wordings=(
            f"[the] {_ELEMENT} <of|in> {{X}} [located] at {_POSITION} {{N}}",
            f"[the] {_ELEMENT} <of|in> {{X}} with 0 - based index {{N}}",
        ),
        template="(deref X N)",
        example=({"X": [4, 5, 3], "N": 1}, 5),
    ),
    Family(
        name="nth",
        result="int",
        slots={"X": "int[]", "N": "int"},
        wordings=(
            "[the] {N!} - th <element|value|number> <of|in> {X}",
            f"[the] {_ELEMENT} <of|in> {{X}} with 1 - based index {{N}}",
        ),
        template="(deref X (- N 1))",
        example=({"X": [4, 5, 3], "N": 1}, 4),
    ),
    Family(
        name="first",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] first <element|value|number> <of|in|among> {X}",
            "[the] head of {X}",
            "[the] number that {X} <starts|begins> with",
        ),
        template="(head X)",
        example=({"X": [4, 5, 3]}, 4),
    ),
    Family(
        name="last",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] last <element|value|number> <of|in|among> {X}",
            "[the] number that {X} ends with",
        ),
        template="(deref X (- (len X) 1))",
        example=({"X": [4, 5, 3]}, 3),
    ),
    Family(
        name="second",
        result="int",
        slots={"X": "int[]"},
        wordings=("[the] second <element|value|number> <of|in|among> {X}",),
        template="(deref X 1)",
        example=({"X": [4, 5, 3]}, 5),
        weight=0.8,
    ),
    Family(
        name="middle",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] middle <element|value|number> of {X}",
            "[the] <element|value> in the middle of {X}",
        ),
        template="(deref X (/ (len X) 2))",
        example=({"X": [4, 5, 3]}, 5),
    ),
    *_by_key(
        "digit_sum", "sum of <its|individual> digits", (_DIGIT_SUM_1, _DIGIT_SUM_2), output=14
    ),
    *_by_key("reversed_digits", "reverse order of digits", (_REVERSED_1, _REVERSED_2), output=14),
    Family(
        name="position_of_largest",
        result="int",
        slots={"X": "int[]"},
        wordings=(f"[the] {_POSITION} of [the] {_LARGEST} {_ELEMENT} <in|of> {{X}}",),
        template="(reduce (range 0 (len X)) 0 "
        "(lambda2 (if (> (deref X arg2) (deref X arg1)) arg2 arg1)))",
        example=({"X": [4, 5, 3]}, 1),
    ),
    Family(
        name="position_of_smallest",
        result="int",
        slots={"X": "int[]"},
        wordings=(f"[the] {_POSITION} of [the] {_SMALLEST} {_ELEMENT} <in|of> {{X}}",),
        template="(reduce (range 0 (len X)) 0 "
        "(lambda2 (if (< (deref X arg2) (deref X arg1)) arg2 arg1)))",
        example=({"X": [4, 5, 3]}, 2),
    ),
)

COMPUTED = (
    Family(
        name="spread",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            (
                "[the] difference between [the] <maximum|largest> and [the] <minimum|smallest> "
                "[element] <of|in> {X}"
            ),
        ),
        template="(- (reduce X 0 max) (reduce X 1000000000 min))",
        example=({"X": [4, 5, 3]}, 2),
    ),
    Family(
        name="sum_of_ends",
        result="int",
        slots={"X": "int[]"},
        wordings=("[the] sum of [the] first and [the] last <element|number> <of|in> {X}",),
        template="(+ (head X) (deref X (- (len X) 1)))",
        example=({"X": [4, 5, 3]}, 7),
        weight=0.8,
    ),
    Family(
        name="even_minus_odd",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            (
                "[the] difference between [the] number of even and [the] number of odd "
                "<elements|values|numbers> in {X}"
            ),
        ),
        template="(- (len (filter X (lambda1 (== (% arg1 2) 0)))) "
        "(len (filter X (lambda1 (== (% arg1 2) 1)))))",
        example=({"X": [4, 5, 3]}, -1),
        weight=0.6,
    ),
    Family(
        name="squares_difference",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] difference between [the] square of [the] sum and [the] sum of squares of {X}",
        ),
        template="(- (square (reduce X 0 +)) (reduce (map X square) 0 +))",
        example=({"X": [1, 2]}, 4),
        weight=0.6,
    ),
    Family(
        name="as_digits",
        result="int",
        slots={"X": "int[]"},
        wordings=(
            "[the] number <obtained by writing|that is obtained by joining> {X} one after another",
            "[the] number whose digits are {X}",
            "[the] number represented by {X} as its digits",
        ),
        template="(reduce X 0 (lambda2 (+ (* arg1 10) arg2)))",
        example=({"X": [4, 5, 3]}, 453),
    ),
    Family(
        name="as_reversed_digits",
        result="int",
        slots={"X": "int[]"},
        wordings=("[the] number whose digits in reverse order are {X}",),
        template="(reduce (reverse X) 0 (lambda2 (+ (* arg1 10) arg2)))",
        example=({"X": [4, 5, 3]}, 354),
        weight=0.6,
    ),
    Family(
        name="sum_of_squares",
        result="int",
        slots={"X": "int[]"},
        wordings=("[the] sum of squares of {X}", "[the] sum of squared {X}"),
        template="(reduce (map X square) 0 +)",
        example=({"X": [1, 2]}, 5),
    ),
    Family(
        name="occurrences",
        result="int",
        slots={"N": "int 0 1 2 10", "X": "int[]"},
        wordings=("[the] number of times {N} appears in {X}",),
        questions=("how many times {N} appears in {X}", "how many times does {N} appear in {X}"),
        template="(reduce (map X (lambda1 (if (== arg1 N) 1 0))) 0 +)",
        example=({"X": [1, 2, 1], "N": 1}, 2),
    ),
    Family(
        name="prefix_subsequence",
        result="int",
        slots={"X": "int[]", "Y": "int[]"},
        wordings=(
            "[the] length of [the] longest subsequence of {X} that is [a] prefix of {Y}",
            "[the] length of [the] longest prefix of {Y} that is [a] subsequence of {X}",
        ),
        template="(reduce X 0 (lambda2 "
        "(if (== arg2 (if (< arg1 (len Y)) (deref Y arg1) 0)) (+ arg1 1) arg1)))",
        example=({"X": [1, 5, 2], "Y": [1, 2, 3]}, 2),
        weight=3,
    ),
    _positions(
        "greater",
        (
            f"<positions|indexes|indices> <at|on> which {{X}} is {_BIGGER} than {{Y}}",
            f"<positions|indexes|indices> where {{X!}} is {_BIGGER} than {{Y}}",
        ),
        ">",
        1,
    ),
    _positions(
        "less",
        (
            "<positions|indexes|indices> <at|on> which {X} is <less|smaller> than {Y}",
            "<positions|indexes|indices> where {X!} is <less|smaller> than {Y}",
        ),
        "<",
        1,
    ),
    _positions(
        "equal",
        (
            "<positions|indexes|indices> <at|on> which {X} is equal to {Y}",
            "<positions|indexes|indices> where {X!} equals {Y}",
        ),
        "==",
        1,
    ),
    _steps(
        "up",
        (
            f"[the] number of {_NUMBERS} in {{X}} {_BIGGER} than [the] previous one",
            f"[the] number of {_NUMBERS} in {{X}} that are {_BIGGER} than the one right before",
        ),
        ">",
        2,
    ),
    _steps(
        "down",
        (
            f"[the] number of {_NUMBERS} in {{X}} <less|smaller> than [the] previous one",
            (
                f"[the] number of {_NUMBERS} in {{X}} that are <less|smaller> than the one right "
                "before"
            ),
        ),
        "<",
        1,
    ),
    _steps(
        "same",
        (f"[the] number of {_NUMBERS} in {{X}} <equal to|same as> [the] previous one",),
        "==",
        1,
    ),
    _longest("increasing", "[strictly] increasing", "<", 3),
    _longest("decreasing", "[strictly] decreasing", ">", 2),
    Family(
        name="dot",
        result="int",
        slots={"X": "int[]", "Y": "int[]"},
        wordings=(
            "[the] sum of products of <elements|values> at the same positions of {X} and {Y}",
        ),
        template="(reduce (map (range 0 (min (len X) (len Y))) "
        "(lambda1 (* (deref X arg1) (deref Y arg1)))) 0 +)",
        example=({"X": [1, 2, 3], "Y": [0, 2]}, 4),
        weight=0.7,
    ),
)

FAMILIES = (*BASIC, *PICKED, *COMPUTED)
