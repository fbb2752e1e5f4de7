"""What clients send and get, as the OpenAPI page describes it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Decoding = Literal["plausible", "greedy", "beam", "guided", "sampling"]
Name = Annotated[str, Field(max_length=100)]
TypeText = Annotated[str, Field(max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ExampleRequest(_Strict):
    """What the program should compute from some inputs."""

    input: dict[Name, Any] = Field(description="Values by argument name.")
    output: Any = Field(description="The value that the program should give.")


class SynthesizeRequest(_Strict):
    """A specification, and what else is known of the program."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {"text": "given numbers a and b, find a plus b", "input": {"a": 1, "b": 2}}
            ]
        },
    )

    text: str = Field(description="What to compute, in English.")
    arguments: dict[Name, TypeText] | None = Field(
        None, description='Types by argument name, such as {"a": "int[]"}.'
    )
    returns: TypeText | None = Field(None, description='Type of the value, such as "int".')
    examples: list[ExampleRequest] = Field(
        default_factory=list, max_length=50, description="Inputs and outputs to search by."
    )
    top: int = Field(1, ge=1, le=20, description="How many candidates to return at most.")
    decoding: Decoding | None = Field(
        None,
        description="Greedy by default; a beam for several candidates; guided by examples.",
    )
    input: dict[Name, Any] | None = Field(
        None, description="Values by argument name; the program found is run on them."
    )


class RunRequest(_Strict):
    """A program and its inputs."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"program": "(reduce a 0 +)", "inputs": {"a": [1, 2, 3]}}]},
    )

    program: Annotated[str, Field(max_length=20_000)] | list[Any] = Field(
        description="An s-expression, its form with commas, or nested lists."
    )
    inputs: dict[Name, Any] = Field(
        default_factory=dict, description="Values by argument name; unused ones are passed over."
    )
    types: dict[Name, TypeText] | None = Field(
        None, description="Types by argument name; inferred where they are not given."
    )


class CandidateAnswer(BaseModel):
    """One of the programs found."""

    program: str
    short_tree: Any = Field(description="The program as nested lists.")
    args: dict[str, str] = Field(description="Types by argument name.")
    return_type: str
    log_prob: float = Field(description="Of the tree under the model, natural log.")
    python: str
    examples: list[dict[str, Any]] = Field(
        description="For each example: inputs, expected, got, error, passed."
    )


class SynthesizeAnswer(BaseModel):
    """The best program, and the other candidates; as `saps synthesize --json` prints them."""

    text: str
    program: str
    short_tree: Any
    args: dict[str, str]
    return_type: str
    log_prob: float
    python: str
    confidence: float | None = Field(description="Calibrated probability that it is right.")
    unknown_words: list[str] = Field(description="Words that the model never saw.")
    candidates: list[CandidateAnswer]
    value: Any = Field(None, description="Only where `input` was given.")


class RunAnswer(BaseModel):
    """What a program computed."""

    value: Any
    type: str
    arguments: dict[str, str]
    program: str


class HealthAnswer(BaseModel):
    """How the service is."""

    status: Literal["ok"]
    model: str
    version: str
    uptime_s: float
    n_requests: int = Field(description="Answered since the start, refusals of the gate included.")
    queue: dict[str, int] = Field(description="Requests inside, by kind, and the bound of each.")


class Fault(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(description="The kind of error, stable across releases.")
    message: str


class ErrorAnswer(BaseModel):
    """The answer of every request that gets no result."""

    error: Fault
