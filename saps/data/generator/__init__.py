"""The task grammar: writes English texts, their programs and tests of those programs."""
