"""`python -m paperround` is the command `paperround`."""

from paperround import main

main()
