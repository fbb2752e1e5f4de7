"""Strings and arrays of strings."""

from saps.data.tasks.family import Family

_BACKWARDS = '(reduce (range 0 (strlen {0})) "" (lambda2 (str_concat (str_index arg2 {0}) arg1)))'
_ARG1_BACKWARDS = (
    '(reduce (map (range 0 (strlen arg1)) (partial1 arg1 str_index)) "" '
    "(lambda2 (str_concat arg2 arg1)))"
)
_ALPHABETICALLY = "<alphabetically|lexicographically>"
_STRING = "<string|word>"
_STRINGS = "<strings|words|elements>"
_LENGTH_1, _LENGTH_2 = "(strlen arg1)", "(strlen arg2)"

NUMBERS = (
    Family(
        name="string_length",
        result="int",
        slots={"S": "string"},
        wordings=("[the] length of {S}", "[the] number of <characters|letters> in {S}"),
        questions=("how many <characters|letters> are [there] in {S}",),
        template="(strlen S)",
        example=({"S": "abc"}, 3),
        weight=1.5,
    ),
    Family(
        name="number_of_words",
        result="int",
        slots={"S": "string"},
        wordings=("[the] number of words in {S} [separated by <spaces|whitespaces>]",),
        questions=("how many words are [there] in {S}",),
        template='(len (str_split S " "))',
        example=({"S": "a bc"}, 2),
    ),
    Family(
        name="number_of_strings",
        result="int",
        slots={"X": "string[]"},
        wordings=("[the] number of <strings|elements> in {X}", "[the] length of array {X}"),
        questions=("how many strings are [there] in {X}",),
        template="(len X)",
        example=({"X": ["a", "b"]}, 2),
    ),
    Family(
        name="longest_length",
        result="int",
        slots={"X": "string[]"},
        wordings=(f"[the] <maximum|maximal|largest> length of {_STRINGS} in {{X}}",),
        template="(reduce (map X strlen) 0 max)",
        example=({"X": ["a", "bcd"]}, 3),
    ),
    Family(
        name="shortest_length",
        result="int",
        slots={"X": "string[]"},
        wordings=(f"[the] <minimum|minimal|smallest> length of {_STRINGS} in {{X}}",),
        template="(reduce (map X strlen) 1000000000 min)",
        example=({"X": ["a", "bcd"]}, 1),
    ),
    Family(
        name="number_longer_than",
        result="int",
        slots={"X": "string[]", "N": "int 2"},
        wordings=(f"[the] number of {_STRINGS} in {{X}} longer than {{N}} characters",),
        questions=(f"how many {_STRINGS} in {{X}} are longer than {{N}}",),
        template="(reduce (map X (lambda1 (if (> (strlen arg1) N) 1 0))) 0 +)",
        example=({"X": ["a", "bcd"], "N": 2}, 1),
        weight=0.8,
    ),
    Family(
        name="lengths",
        result="int[]",
        slots={"X": "string[]"},
        wordings=(f"lengths of {_STRINGS} in {{X}}", "length of each string in {X}"),
        template="(map X strlen)",
        example=({"X": ["a", "bcd"]}, [1, 3]),
        weight=1.2,
    ),
)

SINGLE = (
    Family(
        name="first_letter",
        result="string",
        slots={"S": "string"},
        wordings=(
            "[the] first <letter|character> <of|in> {S}",
            "[the] <letter|character> that {S} <starts|begins> with",
        ),
        template="(str_index 0 S)",
        example=({"S": "abc"}, "a"),
    ),
    Family(
        name="last_letter",
        result="string",
        slots={"S": "string"},
        wordings=(
            "[the] last <letter|character> <of|in> {S}",
            "[the] <letter|character> that {S} ends with",
        ),
        template="(str_index (- (strlen S) 1) S)",
        example=({"S": "abc"}, "c"),
    ),
    Family(
        name="middle_letter",
        result="string",
        slots={"S": "string"},
        wordings=("[the] middle <letter|character> <of|in> {S}",),
        template="(str_index (/ (strlen S) 2) S)",
        example=({"S": "abc"}, "b"),
    ),
    Family(
        name="nth_letter",
        result="string",
        slots={"S": "string", "N": "int 1 2"},
        wordings=("[the] <letter|character> <of|in> {S} [located] at <position|index> {N}",),
        template="(str_index N S)",
        example=({"S": "abc", "N": 1}, "b"),
    ),
    Family(
        name="backwards",
        result="string",
        slots={"S": "string"},
        wordings=(
            "[the] reverse of {S}",
            "{S!} <written|read> backwards",
            "string {S} <written|read> backwards",
            "reversed {S}",
            "<letters|characters> of {S} in reverse order",
        ),
        commands=("reverse {S!} , what is {S!}",),
        template=_BACKWARDS.format("S"),
        example=({"S": "abc"}, "cba"),
        weight=1.5,
    ),
    Family(
        name="concatenation",
        result="string",
        slots={"S": "string", "T": "string"},
        wordings=(
            "[the] concatenation of {S} and {T}",
            "[the] result of joining {S} and {T}",
            "{S!} joined with {T!}",
        ),
        template="(str_concat S T)",
        example=({"S": "a", "T": "b"}, "ab"),
        weight=1.5,
    ),
    Family(
        name="ordered_concatenation",
        result="string",
        slots={"S": "string", "T": "string"},
        wordings=(
            (
                "[the] concatenation in <alphabetical|lexicographical|lexicographic> order of {S} "
                "and {T}"
            ),
            "{S!} and {T!} joined [together] in <alphabetical|lexicographical|dictionary> order",
        ),
        template="(str_concat (str_min S T) (str_max S T))",
        example=({"S": "b", "T": "a"}, "ab"),
    ),
    Family(
        name="spaced_concatenation",
        result="string",
        slots={"S": "string", "T": "string"},
        wordings=("[the] concatenation separated by [a] <space|whitespace> of {S} and {T}",),
        template='(str_concat S (str_concat " " T))',
        example=({"S": "b", "T": "a"}, "b a"),
    ),
    Family(
        name="smaller_string",
        result="string",
        slots={"S": "string", "T": "string"},
        wordings=(
            f"[the] {_ALPHABETICALLY} <first|smallest|smaller> <of|among> {{S}} and {{T}}",
            f"[the] {_STRING} that goes {_ALPHABETICALLY} first among {{S}} and {{T}}",
        ),
        template="(str_min S T)",
        example=({"S": "b", "T": "a"}, "a"),
    ),
    Family(
        name="larger_string",
        result="string",
        slots={"S": "string", "T": "string"},
        wordings=(
            f"[the] {_ALPHABETICALLY} <last|largest|bigger> <of|among> {{S}} and {{T}}",
            f"[the] {_STRING} that goes {_ALPHABETICALLY} last among {{S}} and {{T}}",
        ),
        template="(str_max S T)",
        example=({"S": "b", "T": "a"}, "b"),
    ),
    Family(
        name="abbreviation",
        result="string",
        slots={"S": "string"},
        wordings=(
            "[the] abbreviation of {S}",
            "[the] abbreviation of words in {S}",
            "first <letters|characters> of words in {S} joined [together]",
        ),
        template='(reduce (map (str_split S " ") (partial0 0 str_index)) "" str_concat)',
        example=({"S": "ab cd"}, "ac"),
        weight=1.5,
    ),
    Family(
        name="longer_of_two",
        result="string",
        slots={"S": "string", "T": "string"},
        wordings=("[the] longest <of|among> {S} and {T}",),
        template="(if (> (strlen S) (strlen T)) S T)",
        example=({"S": "ba", "T": "a"}, "ba"),
    ),
)

FROM_ARRAYS = (
    Family(
        name="first_alphabetically",
        result="string",
        slots={"X": "string[]"},
        wordings=(
            f"[the] {_ALPHABETICALLY} <first|smallest> <string|word|element> <in|of|among> {{X}}",
            (
                f"[the] {_STRING} in {{X}} that goes first in "
                "<lexicographical|alphabetical|lexical> order"
            ),
        ),
        template='(reduce X "z" str_min)',
        example=({"X": ["b", "a"]}, "a"),
    ),
    Family(
        name="last_alphabetically",
        result="string",
        slots={"X": "string[]"},
        wordings=(
            f"[the] {_ALPHABETICALLY} <last|largest> <string|word|element> <in|of|among> {{X}}",
            (
                f"[the] {_STRING} in {{X}} that goes last in "
                "<lexicographical|alphabetical|lexical> order"
            ),
        ),
        template='(reduce X "" str_max)',
        example=({"X": ["b", "a"]}, "b"),
    ),
    Family(
        name="longest_string",
        result="string",
        slots={"X": "string[]"},
        wordings=(
            "[the] longest <string|word|element> <in|of|among> {X}",
            f"[the] {_STRING} in {{X}} with the <largest|maximum> length",
        ),
        template=f'(reduce X "" (lambda2 (if (> {_LENGTH_1} {_LENGTH_2}) arg1 arg2)))',
        example=({"X": ["bb", "a"]}, "bb"),
    ),
    Family(
        name="shortest_string",
        result="string",
        slots={"X": "string[]"},
        wordings=(
            "[the] <shortest|smallest in length> <string|word|element> <in|of|among> {X}",
            f"[the] {_STRING} in {{X}} with the <smallest|minimum> length",
        ),
        template=f"(reduce X (head X) (lambda2 (if (< {_LENGTH_1} {_LENGTH_2}) arg1 arg2)))",
        example=({"X": ["bb", "a"]}, "a"),
    ),
    Family(
        name="all_joined",
        result="string",
        slots={"X": "string[]"},
        wordings=(
            f"[the] concatenation of [all] {_STRINGS} <in|of> {{X}}",
            "[the] concatenation of {X}",
            f"all {_STRINGS} of {{X}} joined [together]",
        ),
        template='(reduce X "" str_concat)',
        example=({"X": ["bb", "a"]}, "bba"),
        weight=1.5,
    ),
    Family(
        name="all_joined_spaced",
        result="string",
        slots={"X": "string[]"},
        wordings=(f"all {_STRINGS} of {{X}} each following a space",),
        template='(reduce X "" (lambda2 (str_concat arg1 (str_concat " " arg2))))',
        example=({"X": ["bb", "a"]}, " bb a"),
        weight=0.6,
    ),
    Family(
        name="array_abbreviation",
        result="string",
        slots={"X": "string[]"},
        wordings=(
            f"[the] abbreviation of {_STRINGS} <in|of> {{X}}",
            f"first <letters|characters> of {_STRINGS} in {{X}} joined [together]",
        ),
        template='(reduce (map X (partial0 0 str_index)) "" str_concat)',
        example=({"X": ["bb", "a"]}, "ba"),
    ),
    Family(
        name="string_at",
        result="string",
        slots={"X": "string[]", "N": "int 1 2"},
        wordings=(f"[the] {_STRING} <in|of> {{X}} [located] at <position|index> {{N}}",),
        template="(deref X N)",
        example=({"X": ["bb", "a"], "N": 1}, "a"),
    ),
    Family(
        name="first_string",
        result="string",
        slots={"X": "string[]"},
        wordings=("[the] first <string|word> <in|of|among> {X}", "[the] head of {X}"),
        template="(head X)",
        example=({"X": ["bb", "a"]}, "bb"),
    ),
    Family(
        name="last_string",
        result="string",
        slots={"X": "string[]"},
        wordings=("[the] last <string|word> <in|of|among> {X}",),
        template="(deref X (- (len X) 1))",
        example=({"X": ["bb", "a"]}, "a"),
    ),
)

ARRAYS = (
    Family(
        name="words",
        result="string[]",
        slots={"S": "string"},
        wordings=(
            "[the] words <of|in> {S} [separated by <spaces|whitespaces>]",
            "[the] result of splitting {S} by spaces",
            "separate words of {S}",
        ),
        template='(str_split S " ")',
        example=({"S": "ab c"}, ["ab", "c"]),
        weight=2,
    ),
    Family(
        name="reversed_strings",
        result="string[]",
        slots={"X": "string[]"},
        wordings=(
            f"{_STRINGS} <in|of> {{X}} each <read|written> backwards",
            f"{_STRINGS} <in|of> {{X}} with their <letters|characters> reversed",
        ),
        template=f"(map X (lambda1 {_ARG1_BACKWARDS}))",
        example=({"X": ["ab", "c"]}, ["ba", "c"]),
    ),
    Family(
        name="symmetric_strings",
        result="string[]",
        slots={"X": "string[]"},
        wordings=(
            f"{_STRINGS} <in|of> {{X}} that are symmetric",
            f"{_STRINGS} <in|of> {{X}} that read the same backwards",
        ),
        template=f"(filter X (lambda1 (== arg1 {_ARG1_BACKWARDS})))",
        example=({"X": ["ab", "c"]}, ["c"]),
    ),
    Family(
        name="shorter_strings",
        result="string[]",
        slots={"X": "string[]", "N": "int"},
        wordings=(
            f"{_STRINGS} <in|of> {{X}} that are shorter than {{N}}",
            f"{_STRINGS} <in|of> {{X}} <having|with> less than {{N}} <characters|letters>",
            f"{_STRINGS} <in|of> {{X}} whose length is <less|smaller> than {{N}}",
        ),
        template="(filter X (lambda1 (< (strlen arg1) N)))",
        example=({"X": ["ab", "c"], "N": 2}, ["c"]),
    ),
    Family(
        name="longer_strings",
        result="string[]",
        slots={"X": "string[]", "N": "int 1 2"},
        wordings=(
            f"{_STRINGS} <in|of> {{X}} that are longer than {{N}}",
            f"{_STRINGS} <in|of> {{X}} <having|with> more than {{N}} <characters|letters>",
            f"{_STRINGS} <in|of> {{X}} whose length is <greater|bigger> than {{N}}",
        ),
        template="(filter X (lambda1 (> (strlen arg1) N)))",
        example=({"X": ["ab", "c"], "N": 1}, ["ab"]),
    ),
    Family(
        name="strings_before",
        result="string[]",
        slots={"X": "string[]", "S": "string"},
        wordings=(
            f"{_STRINGS} <in|of> {{X}} that are {_ALPHABETICALLY} <smaller|less> than {{S}}",
            f"{_STRINGS} <in|of> {{X}} that go {_ALPHABETICALLY} before {{S}}",
        ),
        template="(filter X (partial1 S <))",
        example=({"X": ["ab", "c"], "S": "b"}, ["ab"]),
    ),
    Family(
        name="strings_after",
        result="string[]",
        slots={"X": "string[]", "S": "string"},
        wordings=(
            f"{_STRINGS} <in|of> {{X}} that are {_ALPHABETICALLY} <bigger|greater> than {{S}}",
            f"{_STRINGS} <in|of> {{X}} that go {_ALPHABETICALLY} after {{S}}",
        ),
        template="(filter X (partial1 S >))",
        example=({"X": ["ab", "c"], "S": "b"}, ["c"]),
    ),
    Family(
        name="strings_absent",
        result="string[]",
        slots={"X": "string[]", "Y": "string[]"},
        wordings=(
            f"{_STRINGS} <in|of> {{X}} that are <absent from|not present in|missing from> {{Y}}",
        ),
        template="(filter X (lambda1 (! (reduce (map Y (partial0 arg1 ==)) false ||))))",
        example=({"X": ["ab", "c"], "Y": ["c"]}, ["ab"]),
        weight=0.6,
    ),
    Family(
        name="with_prefix",
        result="string[]",
        slots={"X": "string[]", "S": "string"},
        wordings=(
            f"{_STRINGS} <in|of> {{X}} with {{S}} added before each",
            "concatenation of {S} and each string in {X}",
        ),
        template="(map X (partial0 S str_concat))",
        example=({"X": ["ab", "c"], "S": "b"}, ["bab", "bc"]),
    ),
    Family(
        name="reverse_strings",
        result="string[]",
        slots={"X": "string[]"},
        wordings=(f"{_STRINGS} <in|of> {{X}} in reverse order",),
        template="(reverse X)",
        example=({"X": ["ab", "c"]}, ["c", "ab"]),
    ),
    Family(
        name="sort_strings",
        result="string[]",
        slots={"X": "string[]"},
        wordings=(
            f"{_STRINGS} <in|of> {{X}} in <alphabetical|lexicographical|lexicographic> order",
            f"{_STRINGS} <in|of> {{X}} <sorted|ordered> <alphabetically|lexicographically>",
        ),
        template="(sort X)",
        example=({"X": ["c", "ab"]}, ["ab", "c"]),
    ),
    Family(
        name="first_half_strings",
        result="string[]",
        slots={"X": "string[]"},
        wordings=("[the] first half of {X}",),
        template="(slice X 0 (/ (len X) 2))",
        example=({"X": ["c", "ab"]}, ["c"]),
        weight=0.8,
    ),
    Family(
        name="second_half_strings",
        result="string[]",
        slots={"X": "string[]"},
        wordings=("[the] second half of {X}",),
        template="(slice X (/ (len X) 2) (len X))",
        example=({"X": ["c", "ab"]}, ["ab"]),
        weight=0.8,
    ),
    Family(
        name="first_n_strings",
        result="string[]",
        slots={"X": "string[]", "N": "int 2"},
        wordings=(
            "[the] first {N!} <strings|words> <in|of> {X}",
            "[the] prefix of {X} of length {N}",
        ),
        template="(slice X 0 N)",
        example=({"X": ["c", "ab"], "N": 1}, ["c"]),
        weight=0.8,
    ),
)

FAMILIES = (*NUMBERS, *SINGLE, *FROM_ARRAYS, *ARRAYS)
