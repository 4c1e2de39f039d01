"""Lets `python -m ipcom_chat` be the same as `ipcom-chat`."""

import sys

from ipcom_chat.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
