#!/usr/bin/env python3
"""A deterministic stand-in for the Messages API, so that Claude Code can be driven without a network or a key.

    messages_stub.py --script script.json [--port 0] [--host 127.0.0.1] [--log requests.jsonl]

It prints `listening on http://127.0.0.1:PORT` as its first line and serves until it is killed. Only the standard library is used.

The script is a JSON object:

    {
      "answers": [
        {"text": "I will write it.", "tools": [{"name": "Write", "input": {"file_path": "hello.txt", "content": "hi\\n"}}]},
        {"tools": [{"name": "Bash", "input": {"command": "cat hello.txt", "description": "Look"}}]},
        {"text": "Done."}
      ],
      "failures": [{"at": 0, "kind": "overloaded", "times": 1}],
      "usage": {"input_tokens": 1200, "cache_read_input_tokens": 300, "output_tokens": 45}
    }

Each conversation is answered from the top: the number of assistant messages that the request already carries is the index
of the answer, so a retried request gets the same answer again, and a conversation that has used up all answers gets a closing
text. `usage` is what every answer reports. Paths under `file_path` that are not absolute are taken below the working
directory that Claude Code names in its system prompt. A request without tools (a title, a summary) gets the text `ok`.

Failures, by `kind`, at the answer with index `at` (every one when left out), `times` times (always when left out):
    unauthorized  401 authentication_error          rate_limit  429 rate_limit_error with `retry-after: 1`
    overloaded    529 overloaded_error              error       500 api_error
    cut           a stream that ends in the middle  hang        a stream that never says anything

Without --script, the script is the prompt's own: the first ```json block of the last user message that has "answers", else a
plain text answer.
"""

import argparse
import http.server
import json
import os
import re
import sys
import threading
import time

FAILURES = {
    "unauthorized": (401, "authentication_error", "invalid x-api-key"),
    "rate_limit": (429, "rate_limit_error", "This request would exceed your rate limit."),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "error": (500, "api_error", "Internal server error"),
}
USAGE = {"input_tokens": 1200, "cache_read_input_tokens": 300, "output_tokens": 45}


def plain_text(content):
    """The text of a message's content, which is a string or a list of blocks."""
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", "") for block in content or [] if isinstance(block, dict))


def script_in(body):
    """The script that a prompt carries in a ```json block, if there is one."""
    for message in body.get("messages", []):
        if message.get("role") != "user":
            continue
        for block in re.findall(r"```json\n(.*?)```", plain_text(message.get("content")), re.S):
            try:
                script = json.loads(block)
            except ValueError:
                continue
            if isinstance(script, dict) and "answers" in script:
                return script
    return {"answers": [{"text": "There is nothing to do."}]}


def working_directory(body):
    """Where Claude Code says that it works."""
    told = plain_text(body.get("system")) + "\n" + "\n".join(plain_text(m.get("content")) for m in body.get("messages", []))
    found = re.search(r"[Ww]orking directory: *(\S+)", told)
    return found.group(1) if found else "/"


def blocks_of(answer, body, number):
    """The content blocks of one answer, with paths made absolute."""
    blocks = [{"type": "text", "text": answer["text"]}] if answer.get("text") else []
    for place, tool in enumerate(answer.get("tools", [])):
        given = dict(tool.get("input", {}))
        if "file_path" in given and not os.path.isabs(given["file_path"]):
            given["file_path"] = os.path.join(working_directory(body), given["file_path"])
        blocks.append({"type": "tool_use", "id": f"toolu_{number:04}_{place:02}", "name": tool["name"], "input": given})
    return blocks


def pieces(text, size=40):
    return [text[start : start + size] for start in range(0, len(text), size)]


def stream_of(message_id, model, blocks, usage):
    """The server-sent events of one answer."""
    start = {**usage, "cache_creation_input_tokens": usage.get("cache_creation_input_tokens", 0), "output_tokens": 1}
    yield "message_start", {
        "message": {"id": message_id, "type": "message", "role": "assistant", "model": model, "content": [],
                    "stop_reason": None, "stop_sequence": None, "usage": start}
    }
    for index, block in enumerate(blocks):
        if block["type"] == "text":
            yield "content_block_start", {"index": index, "content_block": {"type": "text", "text": ""}}
            for piece in pieces(block["text"]):
                yield "content_block_delta", {"index": index, "delta": {"type": "text_delta", "text": piece}}
        else:
            yield "content_block_start", {"index": index, "content_block": {**block, "input": {}}}
            for piece in pieces(json.dumps(block["input"])):
                yield "content_block_delta", {"index": index, "delta": {"type": "input_json_delta", "partial_json": piece}}
        yield "content_block_stop", {"index": index}
    reason = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    yield "message_delta", {
        "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": usage.get("output_tokens", 0)}
    }
    yield "message_stop", {}


class State:
    """What is shared between requests."""

    def __init__(self, script, log):
        self.script = script
        self.log = log
        self.lock = threading.Lock()
        self.requests = 0
        self.failed = {}

    def next_number(self):
        with self.lock:
            self.requests += 1
            return self.requests

    def failure(self, script, at):
        """The kind of failure that is due for answer `at`, counting it."""
        with self.lock:
            for place, failure in enumerate(script.get("failures", [])):
                if failure.get("at", at) != at:
                    continue
                seen = self.failed.get(place, 0)
                if seen < failure.get("times", sys.maxsize):
                    self.failed[place] = seen + 1
                    return failure["kind"]
        return None

    def record(self, entry):
        if self.log:
            with self.lock, open(self.log, "a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state = None

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self):
        self.send_json(200, {})

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length)
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            return self.send_failure(400, "invalid_request_error", "the body is not JSON")
        path = self.path.split("?")[0]
        if path == "/v1/messages/count_tokens":
            return self.send_json(200, {"input_tokens": 10})
        if path != "/v1/messages":
            return self.send_json(200, {})
        self.answer(body)

    def answer(self, body):
        number = self.state.next_number()
        script = self.state.script or script_in(body)
        answers = script.get("answers", [])
        at = sum(1 for message in body.get("messages", []) if message.get("role") == "assistant")
        is_work = bool(body.get("tools"))
        kind = self.state.failure(script, at) if is_work else None
        self.state.record({"number": number, "at": at, "model": body.get("model"), "work": is_work, "failure": kind,
                           "key": bool(self.headers.get("x-api-key") or self.headers.get("authorization"))})
        if kind in FAILURES:
            return self.send_failure(*FAILURES[kind])
        if kind == "hang":
            return self.hang()

        if is_work:
            answer = answers[at] if at < len(answers) else {"text": "That was all."}
        else:
            answer = {"text": "ok"}
        blocks = blocks_of(answer, body, number)
        usage = script.get("usage", USAGE)
        events = list(stream_of(f"msg_{number:08}", body.get("model", "stub"), blocks, usage))
        if body.get("stream"):
            self.send_stream(events, cut=kind == "cut")
        elif kind == "cut":
            self.close_connection = True
        else:
            message = {"id": f"msg_{number:08}", "type": "message", "role": "assistant", "model": body.get("model"),
                       "content": blocks, "stop_reason": events[-2][1]["delta"]["stop_reason"], "stop_sequence": None, "usage": usage}
            self.send_json(200, message)

    def send_json(self, status, value):
        payload = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.send_header("request-id", "req_stub")
        if status == 429:
            self.send_header("retry-after", "1")
        self.end_headers()
        self.wfile.write(payload)

    def send_failure(self, status, kind, message):
        self.send_json(status, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_stub"})

    def start_stream(self):
        self.close_connection = True
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("request-id", "req_stub")
        self.send_header("connection", "close")
        self.end_headers()

    def send_stream(self, events, cut):
        self.start_stream()
        for name, data in events[: 3 if cut else len(events)]:
            self.wfile.write(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode())
            self.wfile.flush()

    def hang(self):
        self.start_stream()
        while True:
            time.sleep(3600)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that went away is not worth a traceback."""


def main():
    parser = argparse.ArgumentParser(description="A stand-in for the Messages API.")
    parser.add_argument("--script", help="a JSON file with the answers")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", help="a file to which each request is appended in one line of JSON")
    options = parser.parse_args()
    script = None
    if options.script:
        with open(options.script, encoding="utf-8") as file:
            script = json.load(file)
    Handler.state = State(script, options.log)
    server = Server((options.host, options.port), Handler)
    print(f"listening on http://{options.host}:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
