"""What people say, and what the data say for it."""

from typing import Final


def _table(text: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    pairs = (line.partition(" =") for line in text.splitlines() if line.strip())
    return {tuple(left.split()): tuple(right.split()) for left, _, right in pairs}


# Said at the start, and no part of the task.
OPENINGS: Final = tuple(
    tuple(opening.split())
    for opening in (
        "please",
        "can you",
        "could you",
        "would you",
        "i want you to",
        "i ' d like to know",
        "i would like to know",
        "i want to know",
        "i need to know",
        "let me know",
        "i ' d like to",
        "i want to",
        "i would like to",
        "i need to",
        "help me to",
        "help me",
        "write a program that",
        "write a program to",
        "write a function that",
        "write a function to",
        "write code that",
        "write code to",
        "write me a function that",
        "a program that",
        "a function that",
        "hello ,",
        "hi ,",
    )
)

# Phrases of both tables take effect only where the left side holds a word that the model never
# read. These do so at the start of a sentence or after a comma:
CLAUSE_STARTS: Final = _table("""
    count how many = find how many
    count the number of = find the number of
    count the = find the number of
    count all = find the number of
    sum all = find the sum of all
    sum the = find the sum of
    sum of = find the sum of
    i need the = find the
    i want the = find the
    i would like the = find the
""")

# A word with more than one reading is not here.
PHRASES: Final = _table("""
    wat = what
    wht = what
    fnd = find
    gven = given
    thn = than
    wich = which
    aray = array
    arry = array
    called =
    named =
    denoted =
    concatenate = find the concatenation of
    i have = given
    i ' ve got = given
    i ' ve = given
    we have = given
    there is = given
    there are = given
    suppose = given
    assume = given
    for a given = given a
    take = given
    receives = given
    accepts = given
    calculate = compute
    calculates = compute
    computes = compute
    determine = find
    evaluate = compute
    work out = find
    figure out = find
    finds = find
    return = find
    returns = find
    output = find
    outputs = find
    print = find
    prints = find
    get = find
    gets = find
    show = find
    give me = find
    tell me = find
    obtain = find
    add up all of = find the sum of
    add up all = find the sum of all
    add up = find the sum of
    sum up = find the sum of
    add together = find the sum of
    total = sum
    how much is = what is
    what ' s = what is
    whats = what is
    does not = does not
    doesn ' t = does not
    do not = do not
    don ' t = do not
    isn ' t = is not
    aren ' t = are not
    can ' t = can not
    list of lists = array
    list = array
    lists = arrays
    vector = array
    vectors = arrays
    ints = integers
    int = integer
    numeral = digit
    numerals = digits
    whole number = integer
    whole numbers = integers
    text = string
    texts = strings
    sentence = string
    phrase = string
    item = element
    items = elements
    entry = element
    entries = elements
    member = element
    members = elements
    every = each
    any = each
    greatest = largest
    tiniest = smallest
    littlest = smallest
    tallest = largest
    above = greater than
    over = greater than
    under = less than
    at least = greater than or equal to
    at most = less than or equal to
    no more than = less than or equal to
    not more than = less than or equal to
    no less than = greater than or equal to
    not less than = greater than or equal to
    more than or equal to = greater than or equal to
    dividable = divisible
    so forth = so on
    uneven = odd
    multiplication = product
    addition = sum
    summation = sum
    subtraction = difference
    quotient = result of dividing
    raised to 2 = squared
    palindromes = symmetric
    palindromic = symmetric
    flipped = reversed
    backward = backwards
    alphabetic = alphabetical
    sized = of length
    size = length
    chars = characters
    char = character
    zero = 0
    one = 1
    two = 2
    ten = 10
    forty = 40
""")

LONGEST: Final = max(map(len, (*PHRASES, *CLAUSE_STARTS)))

# Marks that end a sentence or part it.
STOPS: Final = {".": ",", ";": ",", ":": ",", "?": ",", "!": ",", '"': None, "'": None}
