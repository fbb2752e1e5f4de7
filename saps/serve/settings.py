"""What the service takes on, and what it refuses."""

from dataclasses import dataclass

from saps.lang import Limits

# A value as large as the language allows would take the service a second to write.
_LIMITS = Limits(elements=100_000)
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Each bound is a refusal of its own; docs/serve.md lists them.

    Attributes:
        timeout_s: from a request's arrival to its answer; then it is answered with 504.
        body_timeout_s: for the body of a request to arrive; then 408.
        max_body_bytes: of one request; more is 413.
        max_text_characters: of one specification.
        max_waiting: requests for programs that are not answered yet, and as many for runs; one
            more is 503.
        max_batch: specifications that go through the network together.
        max_wait_s: how long a specification waits for others before its batch begins.
        n_processes: processes that run programs.
        limits: of one run of a program.
        host_names: what a request's Host may be; None for anything. A page of the web that has its
            own name point to this machine is told apart by it.
    """

    timeout_s: float = 30.0
    body_timeout_s: float = 10.0
    max_body_bytes: int = 1 << 20
    max_text_characters: int = 4_000
    max_waiting: int = 128
    max_batch: int = 32
    max_wait_s: float = 0.005
    n_processes: int = 2
    limits: Limits = _LIMITS
    host_names: frozenset[str] | None = LOOPBACK_NAMES

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, int | float) and not value > 0:
                raise ValueError(f"{name} is {value}, expected more than 0")
