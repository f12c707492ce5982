"""An ACP agent that answers at once, only for measuring loki's own share: the n-th call writes the program `note-n` and adds it to
the project's test, which the gates let pass, and ends its turn. Its words say how long its process had been there by then."""

import json
import os
import sys
import time


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def work(folder):
    number = sum(name.startswith("note-") for name in os.listdir(folder)) + 1
    path = os.path.join(folder, f"note-{number}")
    with open(path, "w") as file:
        file.write(f"#!/bin/sh\necho 'note {number}'\n")
    os.chmod(path, 0o755)
    # With the shell's own words alone, so that the project's test is one process.
    checks = " && ".join(f"[ -x note-{each} ]" for each in range(1, number + 1))
    os.makedirs(os.path.join(folder, "tests"), exist_ok=True)
    with open(os.path.join(folder, "tests", "run.sh"), "w") as file:
        file.write(f"#!/bin/sh\nif {checks}; then echo '{number} passed, 0 failed'; else echo '0 passed, 1 failed'; exit 1; fi\n")


def age():
    """Milliseconds since this process was started, to the kernel's hundredth of a second: Python's own start is a part of it."""
    with open("/proc/self/stat") as file:
        started = int(file.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
    return (time.clock_gettime(time.CLOCK_BOOTTIME) - started) * 1000


for line in sys.stdin:
    request = json.loads(line)
    method, ident = request.get("method"), request.get("id")
    if method == "initialize":
        send({"id": ident, "result": {"protocolVersion": 1, "agentCapabilities": {}, "authMethods": []}})
    elif method == "session/new":
        cwd = request["params"]["cwd"]
        send({"id": ident, "result": {"sessionId": "s1"}})
    elif method == "session/prompt":
        work(cwd)
        text = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": f"Done after {age():.0f} ms."}}
        send({"method": "session/update", "params": {"sessionId": "s1", "update": text}})
        send({"id": ident, "result": {"stopReason": "end_turn"}})
        break
    elif ident is not None:
        send({"id": ident, "error": {"code": -32601, "message": "unknown method"}})
