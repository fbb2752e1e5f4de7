"""What people type at a prompt to leave it or to be helped, whatever its own commands look like."""

_HELP = frozenset({"help", "/help", ":h", "?", "help()"})
_QUIT = frozenset({"quit", "exit", "/quit", "/exit", ":exit", ":q", "quit()", "exit()", "/q"})


def as_command(line: str) -> str:
    """Return a line without spaces around it; ":help" or ":quit" for what means these."""
    word = line.strip()
    if word.lower() in _HELP:
        return ":help"
    return ":quit" if word.lower() in _QUIT else word
