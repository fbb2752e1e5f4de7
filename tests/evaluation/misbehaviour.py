"""What a worker process may do to its pool; importable, as a spawned process needs it."""

import os
import time


def behave(item: str) -> str:
    """Do what the item says; answer in capitals."""
    if item == "crash":
        os._exit(7)
    if item == "hang":
        time.sleep(3600)
    if item == "raise":
        raise KeyError("no such thing")
    if item.startswith("slow"):
        time.sleep(0.05)
    return item.upper()


def process_id(_: int) -> int:
    time.sleep(0.02)
    return os.getpid()
