"""Numbers from numbers."""

from saps.data.tasks.family import Family

_BIGGER = "<greater|bigger|larger>"
_END = "[the] segment with one end at coordinates ( {A} , {B} ) and another end at"

ARITHMETIC = (
    Family(
        name="add",
        result="int",
        slots={"N": "int", "M": "int 1 2 10"},
        wordings=(
            "[the] sum of {N} and {M}",
            "{N!} + {M!}",
            "{N!} plus {M!}",
            "{N!} added to {M!}",
            "[the] result of adding {N} and {M}",
        ),
        template="(+ N M)",
        example=({"N": 4, "M": 5}, 9),
        alone=5,
        weight=3,
    ),
    Family(
        name="subtract",
        result="int",
        slots={"N": "int", "M": "int 1 2 10"},
        wordings=(
            "[the] difference <of|between> {N} and {M}",
            "{N!} - {M!}",
            "{N!} minus {M!}",
            "{N!} decremented by {M!}",
        ),
        template="(- N M)",
        example=({"N": 4, "M": 5}, -1),
        alone=5,
        weight=2.5,
    ),
    Family(
        name="multiply",
        result="int",
        slots={"N": "int", "M": "int 10"},
        wordings=(
            "[the] product of {N} and {M}",
            "{N!} * {M!}",
            "{N!} <multiplied by|times> {M!}",
            "[the] result of multiplying {N} by {M}",
        ),
        template="(* N M)",
        example=({"N": 4, "M": 5}, 20),
        alone=5,
        weight=3,
    ),
    Family(
        name="divide",
        result="int",
        slots={"N": "int", "M": "int 2 10"},
        wordings=(
            "{N!} / {M!}",
            "{N!} divided by {M!} [rounded down]",
            "[the] result of dividing {N} by {M}",
        ),
        template="(/ N M)",
        example=({"N": 14, "M": 5}, 2),
        weight=1.0,
    ),
    Family(
        name="remainder",
        result="int",
        slots={"N": "int", "M": "int 2 10"},
        wordings=(
            "[the] <rest|remainder> of division of {N} by {M}",
            "{N!} modulo {M!}",
        ),
        template="(% N M)",
        example=({"N": 14, "M": 5}, 4),
        weight=0.8,
    ),
    Family(
        name="larger",
        result="int",
        slots={"N": "int", "M": "int 2 10"},
        wordings=(
            "[the] <maximum|max|larger|biggest|largest> <of|among> {N} and {M}",
            "[the] <maximum|max> {N!} and {M!}",
        ),
        template="(max N M)",
        example=({"N": 4, "M": 5}, 5),
        alone=5,
        weight=2.5,
    ),
    Family(
        name="smaller",
        result="int",
        slots={"N": "int", "M": "int 2 10"},
        wordings=(
            "[the] <minimum|min|smaller|smallest|mininum> <of|among> {N} and {M}",
            "[the] <minimum|min> {N!} and {M!}",
        ),
        template="(min N M)",
        example=({"N": 4, "M": 5}, 4),
        alone=5,
        weight=2.5,
    ),
    Family(
        name="square_of",
        result="int",
        slots={"N": "int"},
        wordings=("[the] square of {N}", "{N!} squared"),
        template="(square N)",
        example=({"N": 4}, 16),
        weight=1.5,
    ),
    Family(
        name="double",
        result="int",
        slots={"N": "int"},
        wordings=("<two times|twice> {N!}", "{N!} doubled", "doubled {N}"),
        template="(* N 2)",
        example=({"N": 4}, 8),
        weight=1.2,
    ),
    Family(
        name="increment",
        result="int",
        slots={"N": "int"},
        wordings=("incremented {N}", "{N!} incremented", "[the] number following {N}"),
        template="(+ N 1)",
        example=({"N": 4}, 5),
    ),
    Family(
        name="decrement",
        result="int",
        slots={"N": "int"},
        wordings=("decremented {N}", "{N!} decremented", "[the] number before {N}"),
        template="(- N 1)",
        example=({"N": 4}, 3),
        weight=0.6,
    ),
    Family(
        name="average_of_two",
        result="int",
        slots={"N": "int", "M": "int"},
        wordings=("[the] <mean|average|avg> of {N} and {M} [rounded down]",),
        template="(/ (+ N M) 2)",
        example=({"N": 4, "M": 7}, 5),
    ),
    Family(
        name="square_of_sum",
        result="int",
        slots={"N": "int", "M": "int"},
        wordings=("[the] square of {N!} plus {M!}", "[the] squared sum of {N} and {M}"),
        template="(square (+ N M))",
        example=({"N": 1, "M": 2}, 9),
        weight=0.6,
    ),
    Family(
        name="sum_of_two_squares",
        result="int",
        slots={"N": "int", "M": "int"},
        wordings=("[the] sum of squares of {N} and {M}", "{N!} squared plus {M!} squared"),
        template="(+ (square N) (square M))",
        example=({"N": 1, "M": 2}, 5),
        weight=0.6,
    ),
    Family(
        name="sum_of_three",
        result="int",
        slots={"N": "int", "M": "int", "K": "int"},
        wordings=(
            "[the] sum of numbers {N} , {M} and {K}",
            "{N!} + {M!} + {K!}",
            "{N!} plus {M!} plus {K!}",
        ),
        template="(+ (+ N M) K)",
        example=({"N": 1, "M": 2, "K": 3}, 6),
        weight=0.8,
    ),
    Family(
        name="product_of_three",
        result="int",
        slots={"N": "int", "M": "int", "K": "int"},
        wordings=("[the] product of numbers {N} , {M} and {K}", "{N!} * {M!} * {K!}"),
        template="(* (* N M) K)",
        example=({"N": 1, "M": 2, "K": 3}, 6),
        weight=0.6,
    ),
    Family(
        name="largest_of_three",
        result="int",
        slots={"N": "int", "M": "int", "K": "int"},
        wordings=("[the] <maximum|largest|biggest> of numbers {N} , {M} and {K}",),
        template="(max (max N M) K)",
        example=({"N": 1, "M": 2, "K": 3}, 3),
        weight=0.6,
    ),
    Family(
        name="smallest_of_three",
        result="int",
        slots={"N": "int", "M": "int", "K": "int"},
        wordings=("[the] <minimum|smallest|lowest> of numbers {N} , {M} and {K}",),
        template="(min (min N M) K)",
        example=({"N": 1, "M": 2, "K": 3}, 1),
        weight=0.6,
    ),
    Family(
        name="choice",
        result="int",
        slots={"B": "bool", "N": "int", "M": "int 0 1"},
        wordings=("[the] number equal to {N} <if|when> {B} and to {M} if not",),
        questions=("{N!} <if|when> {B} and {M!} if not",),
        template="(if B N M)",
        example=({"B": True, "N": 1, "M": 2}, 1),
        weight=1.0,
    ),
)

RECURSIVE = (
    Family(
        name="factorial",
        result="int",
        slots={"N": "int"},
        wordings=("[the] factorial of {N}", "{N!} factorial"),
        template="(invoke1 (lambda1 (if (<= arg1 1) 1 (* (self (- arg1 1)) arg1))) N)",
        example=({"N": 4}, 24),
        weight=2.2,
    ),
    Family(
        name="fibonacci",
        result="int",
        slots={"N": "int"},
        wordings=(
            "[the] {N!} - th fibonacci number",
            "[the] fibonacci number [at position] {N}",
        ),
        template="(invoke1 (lambda1 (if (< arg1 2) 1 (+ (self (- arg1 2)) (self (- arg1 1))))) N)",
        example=({"N": 4}, 5),
        weight=1.8,
    ),
    Family(
        name="digit_replacements",
        result="int",
        slots={"N": "int"},
        wordings=(
            (
                "[the] number of times {N} can be replaced by [the] sum of its digits before it "
                "becomes [a] single digit [number]"
            ),
        ),
        questions=(
            (
                "how many times <can you|you can> replace {N} with sum of its digits before it "
                "becomes [a] single digit [number]"
            ),
        ),
        template="(invoke1 (lambda1 (if (== (len (digits arg1)) 1) 0 "
        "(+ 1 (self (reduce (digits arg1) 0 +))))) N)",
        example=({"N": 99}, 2),
        weight=1.5,
    ),
    Family(
        name="single_digit_result",
        result="int",
        slots={"N": "int"},
        wordings=(
            (
                "[the] <result|value> of replacing {N} with [the] sum of its digits before it "
                "becomes [a] single digit [number]"
            ),
        ),
        template="(invoke1 (lambda1 (if (== (len (digits arg1)) 1) arg1 "
        "(self (reduce (digits arg1) 0 +)))) N)",
        example=({"N": 99}, 9),
    ),
    Family(
        name="halvings",
        result="int",
        slots={"N": "int"},
        wordings=(
            "[the] number of times {N} can be replaced by its half before it becomes <one|1>",
        ),
        questions=(
            (
                "how many times <can you|you can> replace {N} with half of it "
                "before it becomes <one|1>"
            ),
        ),
        template="(invoke1 (lambda1 (if (<= arg1 1) 0 (+ 1 (self (/ arg1 2))))) N)",
        example=({"N": 9}, 3),
    ),
)

DIGITS = (
    Family(
        name="number_of_digits",
        result="int",
        slots={"N": "int"},
        wordings=("[the] number of digits <in|of> {N}",),
        questions=("how many digits are [there] in {N}",),
        template="(len (digits N))",
        example=({"N": 120}, 3),
    ),
    Family(
        name="digit_sum",
        result="int",
        slots={"N": "int"},
        wordings=("[the] sum of [individual] digits <in|of> {N}", "[the] digit sum of {N}"),
        template="(reduce (digits N) 0 +)",
        example=({"N": 120}, 3),
        weight=1.8,
    ),
    Family(
        name="largest_digit",
        result="int",
        slots={"N": "int"},
        wordings=("[the] <largest|biggest|maximum|highest> digit <in|of> {N}",),
        template="(reduce (digits N) 0 max)",
        example=({"N": 120}, 2),
    ),
    Family(
        name="smallest_digit",
        result="int",
        slots={"N": "int"},
        wordings=("[the] <smallest|lowest|minimum> digit <in|of> {N}",),
        template="(reduce (digits N) 1000000000 min)",
        example=({"N": 121}, 1),
    ),
    Family(
        name="first_digit",
        result="int",
        slots={"N": "int"},
        wordings=("[the] <first|left> digit <in|of> {N}",),
        template="(head (digits N))",
        example=({"N": 321}, 3),
    ),
    Family(
        name="last_digit",
        result="int",
        slots={"N": "int"},
        wordings=("[the] <last|right> digit <in|of> {N}",),
        template="(% N 10)",
        example=({"N": 321}, 1),
    ),
    Family(
        name="reversed_number",
        result="int",
        slots={"N": "int"},
        wordings=(
            "{N!} with [its] digits reversed",
            "[the] number <with|formed by> digits of {N} in reverse order",
        ),
        commands=("reverse digits in {N!} , what is {N!}",),
        template="(reduce (reverse (digits N)) 0 (lambda2 (+ (* arg1 10) arg2)))",
        example=({"N": 321}, 123),
        weight=1.8,
    ),
    Family(
        name="sorted_number",
        result="int",
        slots={"N": "int"},
        wordings=(
            "{N!} with [its] digits sorted [in <ascending|increasing> order]",
            "[the] number formed by digits of {N} in <ascending|increasing> order",
        ),
        template="(reduce (sort (digits N)) 0 (lambda2 (+ (* arg1 10) arg2)))",
        example=({"N": 312}, 123),
    ),
)

ROOTS = (
    Family(
        name="square_root",
        result="int",
        slots={"N": "int"},
        wordings=(
            "[the] square root of {N} rounded down",
            "[the] <largest|biggest> <integer|number> whose square does not exceed {N}",
            (
                "[the] <largest|biggest> <integer|number> such that its square is not "
                f"{_BIGGER} than {{N}}"
            ),
        ),
        questions=("how many squares of positive integers do not exceed {N}",),
        template="(floor (sqrt N))",
        example=({"N": 10}, 3),
        weight=1.5,
    ),
    Family(
        name="segment_length",
        result="int",
        slots={"A": "int!", "B": "int!", "D": "int!", "E": "int!"},
        wordings=(
            f"[the] length of {_END} <coordinates|> ( {{D}} , {{E}} ) rounded down",
            (
                "[the] rounded down length of "
                "[the] segment with ends at coordinates ( {A} , {B} ) and ( {D} , {E} )"
            ),
            "[the] length of segment with ends {A} , {B} and {D} , {E} rounded down",
        ),
        template="(floor (sqrt (+ (square (- A D)) (square (- B E)))))",
        example=({"A": 0, "B": 0, "D": 3, "E": 4}, 5),
        weight=1.2,
    ),
    Family(
        name="segment_length_squared",
        result="int",
        slots={"A": "int!", "B": "int!", "D": "int!", "E": "int!"},
        wordings=(
            f"[the] squared length of {_END} <coordinates|> ( {{D}} , {{E}} )",
            (
                "[the] squared length of "
                "[the] segment with ends at coordinates ( {A} , {B} ) and ( {D} , {E} )"
            ),
            "[the] squared length of segment with ends {A} , {B} and {D} , {E}",
        ),
        template="(+ (square (- A D)) (square (- B E)))",
        example=({"A": 0, "B": 0, "D": 3, "E": 4}, 25),
        weight=0.8,
    ),
    Family(
        name="nth_prime_count",
        result="int",
        slots={"N": "int"},
        wordings=(
            f"[the] number of primes not {_BIGGER} than {{N}}",
            "[the] number of primes that do not exceed {N}",
        ),
        template="(len (filter (range 0 (+ N 1)) is_prime))",
        example=({"N": 10}, 4),
    ),
    Family(
        name="sum_up_to",
        result="int",
        slots={"N": "int"},
        wordings=("[the] sum of all positive integers up to {N}",),
        template="(reduce (range 1 (+ N 1)) 0 +)",
        example=({"N": 4}, 10),
    ),
    Family(
        name="number_of_divisors",
        result="int",
        slots={"N": "int"},
        wordings=("[the] number of positive integers that {N} is divisible by",),
        template="(len (filter (range 1 (+ N 1)) (lambda1 (== (% N arg1) 0))))",
        example=({"N": 6}, 4),
        weight=0.8,
    ),
)

FAMILIES = (*ARITHMETIC, *RECURSIVE, *DIGITS, *ROOTS)
