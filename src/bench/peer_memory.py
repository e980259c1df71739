"""How much memory a peer takes."""
import re


def forget_peak():
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def peak():
    """Bytes of memory at most since `forget_peak`; none where the system does not tell."""
    try:
        with open("/proc/self/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) * 1024
    except OSError:
        return None
