"""Where requests are answered: a policy that may be open, and what may be asked of it."""

from collections.abc import Callable
from typing import Any

from policy.peers import Lost, Peers, as_fault
from policy.protocol import Fault, read
from policy.request import Generate, LogProbs, Nothing, Open, Reinforce, Restore, Save
from policy.session import Session, Told

_operations: dict[str, tuple[type[Any], Callable[[Session, Any, Told], dict[str, Any]]]] = {
    "generate": (Generate, Session.generate),
    "logProbs": (LogProbs, Session.log_probs),
    "reinforce": (Reinforce, Session.reinforce),
    "save": (Save, Session.save),
    "restore": (Restore, Session.restore),
    "about": (Nothing, Session.about),
}


class Desk:
    """Answers by a session, alone or as one of several workers that are asked the same."""

    def __init__(self, peers: Peers) -> None:
        """Begin without a policy."""
        self.peers = peers
        self.session: Session | None = None

    def answer(self, operation: Any, fields: dict[str, Any], told: Told) -> dict[str, Any]:
        """Give {"ok": …} or {"error": …}. Throws only where several workers would no longer be alike."""
        try:
            return {"ok": self._work(operation, fields, told)}
        except Fault as fault:
            return fault.answer()
        except Lost:
            raise
        except Exception as error:
            # What befell this worker alone has not befallen the others.
            if self.peers.size > 1:
                raise Lost(str(error)) from error
            return as_fault(error).answer()

    def _work(self, operation: Any, fields: dict[str, Any], told: Told) -> dict[str, Any]:
        if operation == "open":
            wanted = read(Open, fields)
            # The one before makes place first.
            self.session = None
            opened: list[Session] = []
            self.peers.each(lambda: opened.append(Session(wanted, self.peers)))
            self.peers.align(opened[0].policy.trained.values())
            self.session = opened[0]
            return self.session.opened()
        if operation not in _operations:
            raise Fault("bad request", f"op is {operation!r}, not one of open, {', '.join(_operations)}, close")
        kind, work = _operations[operation]
        asked = read(kind, fields)
        if self.session is None:
            raise Fault("bad request", f"{operation} before open: no policy is there")
        return work(self.session, asked, told)
