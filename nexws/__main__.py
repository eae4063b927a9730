"""``python -m nexws``."""

from nexws.cli import main

main()
