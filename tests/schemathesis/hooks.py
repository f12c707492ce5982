"""What schemathesis is told about loki: how to prove itself, and which answers depend on more than the request's shape."""

import os
import subprocess

import schemathesis


@schemathesis.auth(refresh_interval=20)
class Token:
    """An admin's token, made on the data directory; a new one every 20 seconds, since tests end tokens too."""

    def get(self, case, context):
        command = [os.environ["LOKI"], "token", "create", "--name", f"fuzz-{os.urandom(4).hex()}", "--role", "admin"]
        command += ["--data-dir", os.environ["LOKI_FUZZ_DATA"]]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Nobody waits for news of the audit trail: right figures become none, wrong ones stay."""
    if case.path == "/api/v2/audit/tail":
        query = dict(case.query or {})
        wait = str(query.get("wait", 20))
        if wait.isdigit() and int(wait) <= 25:
            query["wait"] = 0
        case.query = query
