"""Arrays of numbers from arrays, and from numbers."""

from saps.data.tasks.family import Family

_DIGIT_SUM = "(reduce (digits arg1) 0 +)"
_REVERSED = "(reduce (reverse (digits arg1)) 0 (lambda2 (+ (* arg1 10) arg2)))"
_NUMBERS = "<elements|values|numbers>"
_POSITION = "<position|index>"


def _pairs(name: str, wordings: tuple[str, ...], function: str, output: list[int]) -> Family:
    """Return the family that combines two arrays position by position."""
    return Family(
        name=f"pairwise_{name}",
        result="int[]",
        slots={"X": "int[]", "Y": "int[]"},
        wordings=wordings,
        template="(map (range 0 (min (len X) (len Y))) "
        f"(lambda1 ({function} (deref X arg1) (deref Y arg1))))",
        example=({"X": [5, 2, 3], "Y": [3, 4]}, output),
    )


MAPS = (
    Family(
        name="each_plus",
        result="int[]",
        slots={"X": "int[]", "N": "int 1 2"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} incremented by {{N}}",
            f"{_NUMBERS} <in|of> {{X}} with {{N}} added to each",
        ),
        commands=(
            (
                "<increment|increase> each <element|value> <in|of> {X!} by {N} , "
                "what <is|becomes of> {X!}"
            ),
            "add {N} to each <element|value> <in|of> {X!} , what is {X!}",
            "increment {X!} by {N} , what is {X!}",
        ),
        template="(map X (partial1 N +))",
        example=({"X": [1, 2], "N": 3}, [4, 5]),
    ),
    Family(
        name="each_minus",
        result="int[]",
        slots={"X": "int[]", "N": "int 1 2"},
        wordings=(f"{_NUMBERS} <in|of> {{X}} decremented by {{N}}",),
        commands=(
            "decrement each <element|value> <in|of> {X!} by {N} , what is {X!}",
            "subtract {N} from each <element|value> <in|of> {X!} , what is {X!}",
        ),
        template="(map X (partial1 N -))",
        example=({"X": [4, 5], "N": 3}, [1, 2]),
    ),
    Family(
        name="each_times",
        result="int[]",
        slots={"X": "int[]", "N": "int 10"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} multiplied by {{N}}",
            "each <element|value> <in|of> {X} multiplied by {N}",
        ),
        commands=("multiply each <element|value> <in|of> {X!} by {N} , what is {X!}",),
        template="(map X (partial1 N *))",
        example=({"X": [4, 5], "N": 3}, [12, 15]),
    ),
    Family(
        name="each_divided",
        result="int[]",
        slots={"X": "int[]", "N": "int 2 10"},
        wordings=(f"{_NUMBERS} <in|of> {{X}} divided by {{N}}",),
        commands=("divide each <element|value> <in|of> {X!} by {N} , what is {X!}",),
        template="(map X (partial1 N /))",
        example=({"X": [4, 7], "N": 3}, [1, 2]),
        weight=0.5,
    ),
    Family(
        name="each_squared",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            "squares of <elements|values|numbers> <in|of> {X}",
            f"{_NUMBERS} <in|of> {{X}} being squared",
            "<squared elements|squared values> of {X}",
        ),
        commands=("square each <element|value> <in|of> {X!} , what is {X!}",),
        template="(map X square)",
        example=({"X": [4, 5]}, [16, 25]),
    ),
    Family(
        name="each_doubled",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(f"{_NUMBERS} <in|of> {{X}} being doubled", "doubled <elements|values> of {X}"),
        template="(map X (partial1 2 *))",
        example=({"X": [4, 5]}, [8, 10]),
    ),
    Family(
        name="each_digit_sum",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} replaced by sum of [their] digits",
            "digit sums of <elements|values> <in|of> {X}",
        ),
        questions=("for each <element|value> <in|of> {X} the sum of its digits",),
        commands=(
            "replace each <element|value> <in|of> {X!} with sum of its digits , what is {X!}",
        ),
        template=f"(map X (lambda1 {_DIGIT_SUM}))",
        example=({"X": [14, 5]}, [5, 5]),
    ),
    Family(
        name="each_reversed",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(f"{_NUMBERS} <in|of> {{X}} with [their] digits reversed",),
        questions=("for each <element|value> <in|of> {X} its digits reversed",),
        commands=(
            "reverse digits in each <element|value> <in|of> {X!} , what is {X!}",
            "reverse individual digits of each <element|value> <in|of> {X!} , what is {X!}",
        ),
        template=f"(map X (lambda1 {_REVERSED}))",
        example=({"X": [14, 5]}, [41, 5]),
    ),
    Family(
        name="each_n_digits",
        result="int[]",
        slots={"X": "int[]"},
        wordings=("numbers of digits of each <element|value> <in|of> {X}",),
        questions=("for each <element|value> <in|of> {X} the number of its digits",),
        commands=(
            "replace each <element|value> <in|of> {X!} with number of its digits , what is {X!}",
        ),
        template="(map X (lambda1 (len (digits arg1))))",
        example=({"X": [14, 5]}, [2, 1]),
        weight=0.6,
    ),
    Family(
        name="each_max",
        result="int[]",
        slots={"X": "int[]", "N": "int 2 10"},
        wordings=("<maximum|larger> of {N} and each <element|value> <in|of> {X}",),
        questions=("for each <element|value> <in|of> {X} the <maximum|larger> of it and {N}",),
        template="(map X (partial1 N max))",
        example=({"X": [14, 5], "N": 7}, [14, 7]),
        weight=0.6,
    ),
    Family(
        name="each_min",
        result="int[]",
        slots={"X": "int[]", "N": "int 2 10"},
        wordings=("<minimum|smaller> of {N} and each <element|value> <in|of> {X}",),
        questions=("for each <element|value> <in|of> {X} the <minimum|smaller> of it and {N}",),
        template="(map X (partial1 N min))",
        example=({"X": [14, 5], "N": 7}, [7, 5]),
        weight=0.6,
    ),
    Family(
        name="consecutive_differences",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            (
                "difference between each <element|value> <in|of> {X} and "
                "<the one before it|previous one>"
            ),
        ),
        template="(map (range 1 (len X)) (lambda1 (- (deref X arg1) (deref X (- arg1 1)))))",
        example=({"X": [1, 4, 2]}, [3, -2]),
        weight=0.7,
    ),
    Family(
        name="consecutive_sums",
        result="int[]",
        slots={"X": "int[]"},
        wordings=("sum of each <element|value> <in|of> {X} and <the one before it|previous one>",),
        template="(map (range 1 (len X)) (lambda1 (+ (deref X arg1) (deref X (- arg1 1)))))",
        example=({"X": [1, 4, 2]}, [5, 6]),
        weight=0.7,
    ),
    Family(
        name="prefix_sums",
        result="int[]",
        slots={"X": "int[]"},
        wordings=("sum of each prefix of {X}",),
        questions=("for each <position|index> <in|of> {X} the sum of <elements|values> up to it",),
        template="(map (range 0 (len X)) (lambda1 (reduce (slice X 0 (+ arg1 1)) 0 +)))",
        example=({"X": [1, 4, 2]}, [1, 5, 7]),
        weight=0.7,
    ),
)

PAIRS = (
    _pairs(
        "sum",
        ("sum of <elements|values> at each position of {X} and {Y}", "{X!} and {Y!} summed up"),
        "+",
        [8, 6],
    ),
    _pairs(
        "product",
        (
            "product of <elements|values> at each position of {X} and {Y}",
            "{X!} and {Y!} multiplied together",
        ),
        "*",
        [15, 8],
    ),
    _pairs(
        "minimum",
        ("<minimum|smallest|lowest> of <elements|values> at each position of {X} and {Y}",),
        "min",
        [3, 2],
    ),
    _pairs(
        "maximum",
        ("<maximum|largest|highest> of <elements|values> at each position of {X} and {Y}",),
        "max",
        [5, 4],
    ),
    _pairs(
        "difference",
        ("difference of <elements|values> at each position of {X} and {Y}",),
        "-",
        [2, -2],
    ),
)

SLICES = (
    Family(
        name="first_half",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            "[the] first half of {X}",
            "<values|elements|numbers> in {X} after <only keeping|keeping only> first half",
            "<values|elements|numbers> in {X} after <discarding|removing> [the] second half",
            "<elements|values> in [the] first half of {X}",
        ),
        template="(slice X 0 (/ (len X) 2))",
        example=({"X": [1, 2, 3, 4, 5]}, [1, 2]),
        weight=1.5,
    ),
    Family(
        name="second_half",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            "[the] second half of {X}",
            "<values|elements|numbers> in {X} after <only keeping|keeping only> second half",
            "<values|elements|numbers> in {X} after <discarding|removing> [the] first half",
            "<elements|values> in [the] second half of {X}",
        ),
        template="(slice X (/ (len X) 2) (len X))",
        example=({"X": [1, 2, 3, 4, 5]}, [3, 4, 5]),
        weight=1.5,
    ),
    Family(
        name="first_n",
        result="int[]",
        slots={"X": "int[]", "N": "int 2 10"},
        wordings=(
            "[the] first {N!} <elements|values|numbers> <in|of> {X}",
            "[the] <prefix|beginning> of {X} of length {N}",
        ),
        template="(slice X 0 N)",
        example=({"X": [1, 2, 3], "N": 2}, [1, 2]),
        weight=1.3,
    ),
    Family(
        name="last_n",
        result="int[]",
        slots={"X": "int[]", "N": "int 2 10"},
        wordings=(
            "[the] last {N!} <elements|values|numbers> <in|of> {X}",
            "[the] end of {X} of length {N}",
        ),
        template="(slice X (- (len X) N) (len X))",
        example=({"X": [1, 2, 3], "N": 2}, [2, 3]),
    ),
    Family(
        name="except_first",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            "[all] <elements|values|numbers> <in|of> {X} except the first one",
            "rest of {X} after its head",
        ),
        template="(slice X 1 (len X))",
        example=({"X": [1, 2, 3]}, [2, 3]),
    ),
    Family(
        name="except_last",
        result="int[]",
        slots={"X": "int[]"},
        wordings=("[all] <elements|values|numbers> <in|of> {X} except the last one",),
        template="(slice X 0 (- (len X) 1))",
        example=({"X": [1, 2, 3]}, [1, 2]),
    ),
    Family(
        name="except_ends",
        result="int[]",
        slots={"X": "int[]"},
        wordings=("[all] <elements|values|numbers> <in|of> {X} excluding both ends",),
        template="(slice X 1 (- (len X) 1))",
        example=({"X": [1, 2, 3]}, [2]),
        weight=0.7,
    ),
    Family(
        name="between_inclusive",
        result="int[]",
        slots={"X": "int[]", "N": "int 0 1 2", "M": "int 10"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} from {_POSITION} {{N}} to {_POSITION} {{M}} inclusive",
            (
                "subarray of {X} "
                f"<starting at|from> {_POSITION} {{N}} and ending at {_POSITION} {{M}} inclusive"
            ),
            f"{_NUMBERS} <in|of> {{X}} between indices {{N}} and {{M}} including both ends",
        ),
        template="(slice X N (+ M 1))",
        example=({"X": [1, 2, 3, 4], "N": 1, "M": 2}, [2, 3]),
    ),
    Family(
        name="between_exclusive",
        result="int[]",
        slots={"X": "int[]", "N": "int 0 1 2", "M": "int 10"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} from {_POSITION} {{N}} to {_POSITION} {{M}} exclusive",
            (
                "subarray of {X} "
                f"<starting at|from> {_POSITION} {{N}} and ending before {_POSITION} {{M}}"
            ),
        ),
        template="(slice X N M)",
        example=({"X": [1, 2, 3, 4], "N": 1, "M": 2}, [2]),
    ),
    Family(
        name="starting_from",
        result="int[]",
        slots={"X": "int[]", "N": "int 1 2"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} starting <from|at> {_POSITION} {{N}}",
            f"{_NUMBERS} <in|of> {{X}} from {_POSITION} {{N}} till the end",
            f"part of {{X}} that begins at {_POSITION} {{N}}",
        ),
        template="(slice X N (len X))",
        example=({"X": [1, 2, 3, 4], "N": 1}, [2, 3, 4]),
    ),
    Family(
        name="up_to",
        result="int[]",
        slots={"X": "int[]", "N": "int 2 10"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} up to {_POSITION} {{N}} inclusive",
            f"{_NUMBERS} <in|of> {{X}} till {_POSITION} {{N}} inclusive",
        ),
        template="(slice X 0 (+ N 1))",
        example=({"X": [1, 2, 3, 4], "N": 1}, [1, 2]),
        weight=0.7,
    ),
    Family(
        name="even_positions",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} <at|on|located at> even <positions|indexes|indices>",
            f"{_NUMBERS} <in|of> {{X}} whose <position|index> is even",
        ),
        template="(map (filter (range 0 (len X)) (lambda1 (== (% arg1 2) 0))) "
        "(partial0 X int-deref))",
        example=({"X": [5, 6, 7]}, [5, 7]),
        weight=1.3,
    ),
    Family(
        name="odd_positions",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} <at|on|located at> odd <positions|indexes|indices>",
            f"{_NUMBERS} <in|of> {{X}} whose <position|index> is odd",
        ),
        template="(map (filter (range 0 (len X)) (lambda1 (== (% arg1 2) 1))) "
        "(partial0 X int-deref))",
        example=({"X": [5, 6, 7]}, [6]),
        weight=1.3,
    ),
    Family(
        name="at_positions",
        result="int[]",
        slots={"X": "int[]", "Y": "int[]"},
        wordings=(f"{_NUMBERS} <in|of> {{X}} <at|on> positions given by {{Y}}",),
        template="(map (filter Y (partial1 (len X) <)) (partial0 X deref))",
        example=({"X": [5, 6, 7], "Y": [2, 0, 3]}, [7, 5]),
        weight=0.5,
    ),
)

ORDERS = (
    Family(
        name="reverse",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            "[the] reverse of {X}",
            f"{_NUMBERS} <in|of> {{X}} in reverse order",
            "reversed {X}",
            "{X!} <reversed|read backwards>",
        ),
        commands=("reverse {X!} , what is {X!}",),
        template="(reverse X)",
        example=({"X": [1, 3, 2]}, [2, 3, 1]),
    ),
    Family(
        name="sort",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} [sorted] in <ascending|increasing> order",
            "sorted {X}",
            "{X!} <sorted|ordered> [in <ascending|increasing> order]",
        ),
        commands=("sort {X!} , what is {X!}", "sort <elements|values> of {X!} , what is {X!}"),
        template="(sort X)",
        example=({"X": [1, 3, 2]}, [1, 2, 3]),
        weight=1.2,
    ),
    Family(
        name="sort_descending",
        result="int[]",
        slots={"X": "int[]"},
        wordings=(
            f"{_NUMBERS} <in|of> {{X}} [sorted] in <descending|decreasing> order",
            "{X!} <sorted|ordered> in <descending|decreasing> order",
        ),
        commands=("sort {X!} in <descending|decreasing> order , what is {X!}",),
        template="(reverse (sort X))",
        example=({"X": [1, 3, 2]}, [3, 2, 1]),
        weight=1.2,
    ),
)

_RANGE = "[the] <range|sequence of numbers|numbers|integers>"
RANGES = (
    Family(
        name="range_0_exclusive",
        result="int[]",
        slots={"N": "int 10"},
        wordings=(
            f"{_RANGE} from 0 to {{N}} exclusive",
            "[the] range from 0 to {N!} ( exclusive )",
            "first {N!} non - negative integers",
        ),
        template="(range 0 N)",
        example=({"N": 3}, [0, 1, 2]),
    ),
    Family(
        name="range_0_inclusive",
        result="int[]",
        slots={"N": "int 10"},
        wordings=(
            f"{_RANGE} from 0 to {{N}} inclusive",
            "[the] range from 0 to {N!} ( <inclusive|inclucing {N!}> )",
        ),
        template="(range 0 (+ N 1))",
        example=({"N": 3}, [0, 1, 2, 3]),
    ),
    Family(
        name="range_1_exclusive",
        result="int[]",
        slots={"N": "int 10"},
        wordings=(f"{_RANGE} from <1|one> to {{N}} exclusive", "[all] positive integers below {N}"),
        template="(range 1 N)",
        example=({"N": 3}, [1, 2]),
    ),
    Family(
        name="range_1_inclusive",
        result="int[]",
        slots={"N": "int 10"},
        wordings=(
            f"{_RANGE} from <1|one> to {{N}} inclusive",
            "[all] integers between 1 and {N} including both ends",
            "first {N!} positive integers",
        ),
        template="(range 1 (+ N 1))",
        example=({"N": 3}, [1, 2, 3]),
    ),
    Family(
        name="range_exclusive",
        result="int[]",
        slots={"N": "int", "M": "int 10"},
        wordings=(f"{_RANGE} from {{N}} to {{M}} exclusive",),
        template="(range N M)",
        example=({"N": 1, "M": 3}, [1, 2]),
    ),
    Family(
        name="range_inclusive",
        result="int[]",
        slots={"N": "int", "M": "int 10"},
        wordings=(
            f"{_RANGE} from {{N}} to {{M}} inclusive",
            "[all] integers between {N} and {M} including both ends",
        ),
        template="(range N (+ M 1))",
        example=({"N": 1, "M": 3}, [1, 2, 3]),
    ),
    Family(
        name="digits",
        result="int[]",
        slots={"N": "int"},
        wordings=("<the|individual|> digits <of|in> {N}",),
        template="(digits N)",
        example=({"N": 120}, [1, 2, 0]),
        weight=1.8,
    ),
    Family(
        name="first_squares",
        result="int[]",
        slots={"N": "int 10"},
        wordings=("squares of first {N!} positive integers", "squares of integers from 1 to {N}"),
        template="(map (range 1 (+ N 1)) square)",
        example=({"N": 3}, [1, 4, 9]),
        weight=0.6,
    ),
    Family(
        name="fibonacci_sequence",
        result="int[]",
        slots={"N": "int 10"},
        wordings=("first {N!} fibonacci numbers", "fibonacci sequence of length {N}"),
        template="(map (range 0 N) "
        "(lambda1 (if (< arg1 2) 1 (+ (self (- arg1 2)) (self (- arg1 1))))))",
        example=({"N": 5}, [1, 1, 2, 3, 5]),
        weight=0.6,
    ),
)

FAMILIES = (*MAPS, *PAIRS, *SLICES, *ORDERS, *RANGES)
