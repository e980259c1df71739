"""`python -m policy`: the service on this process's pipe."""

from policy.service import main

main()
