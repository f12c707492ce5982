"""An ACP agent that answers at once: it writes one file with a test and ends its turn. Only for measuring loki's own share."""

import json
import os
import sys

count = 0


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


for line in sys.stdin:
    request = json.loads(line)
    method, ident = request.get("method"), request.get("id")
    if method == "initialize":
        send({"id": ident, "result": {"protocolVersion": 1, "agentCapabilities": {}, "authMethods": []}})
    elif method == "session/new":
        cwd = request["params"]["cwd"]
        send({"id": ident, "result": {"sessionId": "s1"}})
    elif method == "session/prompt":
        count = len(os.listdir(cwd))
        with open(os.path.join(cwd, f"note-{count}.txt"), "w") as file:
            file.write("done\n")
        text = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "Done."}}
        send({"method": "session/update", "params": {"sessionId": "s1", "update": text}})
        send({"id": ident, "result": {"stopReason": "end_turn"}})
        break
    elif ident is not None:
        send({"id": ident, "error": {"code": -32601, "message": "unknown method"}})
