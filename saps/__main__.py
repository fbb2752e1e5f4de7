"""`python -m saps`: the same as `saps`."""

from saps.cli import main

if __name__ == "__main__":
    main()
