#!/usr/bin/env python3
"""Measures the figures of docs/benchmarks.md on this machine, against 127.0.0.1 only.

    make bench            all of them, as a Markdown table
    tests/bench/bench.py --loki target/debug/loki [--only NAME]

Everything is bounded in time and number. Each figure is the median of several rounds where one round is short.
"""

import argparse
import asyncio
import base64
import datetime
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROWS = []
# Python has no name for it; the same on x86 and ARM (asm-generic/socket.h).
SO_TIMESTAMPNS = 35


def row(figure, value, goal):
    ROWS.append((figure, value, goal))
    print(f"| {figure} | {value} | {goal} |", flush=True)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Loki:
    """A real server on a data directory of its own."""

    def __init__(self, binary, env=None, data=None):
        self.binary = str(binary)
        self.data = data or tempfile.mkdtemp(prefix="loki-bench-")
        self.port = free_port()
        # With limits, but with ones that no bench reaches: what they cost is part of the figures.
        limits = "control=1000000,write=1000000,read=1000000000,sign-in=1000000,sockets=1000000"
        self.env = {**os.environ, "LOKI_DATA_DIR": self.data, "LOKI_LIMITS": limits, **(env or {})}
        self.process = None
        self.token = None

    def start(self):
        """Starts the server; returns the seconds until /health answered."""
        log = open(os.path.join(self.data, "bench.log"), "ab")
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}"], env=self.env, stdout=log, stderr=log)
        while time.perf_counter() - began < 20:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as stream:
                    stream.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % self.port)
                    if b" 200 " in stream.recv(4096).split(b"\r\n", 1)[0]:
                        return time.perf_counter() - began
            except OSError:
                time.sleep(0.002)
        sys.exit(f"the server did not answer within 20 s, see {log.name}")

    def make_token(self):
        made = subprocess.run([self.binary, "token", "create", "--name", f"bench-{time.time_ns()}", "--role", "admin"],
                              env=self.env, capture_output=True, text=True, check=True)
        self.token = made.stdout.strip()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text}")
        return json.loads(text) if text else None

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            found = dict(re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M))
        return int(found["Rss"])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    def project(self, name, spec):
        made = self.ask("POST", "/api/projects", {"name": name, "prd_text": spec})
        for _ in range(200):
            if self.ask("GET", f"/api/projects/{made['id']}")["status"] == "ready":
                return made["id"]
            time.sleep(0.02)
        raise RuntimeError("the project was not prepared")

    def run(self, project, provider, spec=None, wait=True):
        body = {"project_id": project, "provider": provider}
        if spec:
            body["prd_text"] = spec
        run = self.ask("POST", "/api/control/start", body)["run_id"]
        while wait and self.ask("GET", f"/api/v2/runs/{run}")["status"] not in ("finished", "failed", "stopped"):
            time.sleep(0.02)
        return run


def forks():
    with open("/proc/stat") as file:
        return int(re.search(r"^processes (\d+)", file.read(), re.M).group(1))


def stamp(text):
    import datetime
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def bench_start(binary):
    times, memory = [], []
    for _ in range(5):
        loki = Loki(binary)
        loki.start()
        loki.kill()
        times.append(loki.start())  # the second start: the schema is there, as on every start but the first
        time.sleep(1)
        memory.append(loki.memory_kib() / 1024)
        loki.stop()
    row("start to /health", f"{statistics.median(times):.3f} s", "≤ 0.2 s")
    row("idle memory (RSS)", f"{statistics.median(memory):.0f} MiB", "≤ 50 MB")


def bench_iteration(binary):
    agent = f"{sys.executable} {HERE / 'instant_agent.py'}"
    python = os.path.realpath(sys.executable)
    loki = Loki(binary, {"LOKI_AGENT_ACP": agent if python.startswith("/usr/") else f"/usr/bin/python3 {HERE / 'instant_agent.py'}"})
    loki.start()
    loki.make_token()
    spec = "# Notes\n\n## Requirements\n" + "".join(f"- Keep note number {n} in a file of its own\n" for n in range(1, 7))
    project = loki.project("iterations", spec)
    loki.run(project, "acp", wait=True)
    before = forks()
    run = loki.run(project, "acp")
    spawned = forks() - before
    timeline = loki.ask("GET", f"/api/v2/runs/{run}/timeline")
    overheads, calls = [], 0
    for iteration in timeline["iterations"]:
        if not iteration["ended_at"]:
            continue
        steps = {step["step"]: step for step in iteration["steps"]}
        act = steps["act"]
        whole = stamp(iteration["ended_at"]) - stamp(iteration["started_at"])
        acting = stamp(act["ended_at"]) - stamp(act["started_at"]) if act["ended_at"] and act["started_at"] else 0
        overheads.append(whole - acting)
        calls += 1
    view = loki.ask("GET", f"/api/v2/runs/{run}")
    count = max(1, len(overheads))
    row("engine overhead of one iteration, instant agent (without the agent's own time)", f"{statistics.median(overheads):.3f} s", "≤ 0.5 s")
    row("forks of one iteration, all of the machine, threads included", f"{spawned / count:.0f}", "≤ 40 processes")
    row("agent calls of one iteration", f"{calls / count:.0f}", "1")
    row("iterations, tasks done", f"{view['iteration']}, {view['tasks_done']} of {view['tasks_total']}", "")
    loki.stop()


def bench_status(binary):
    if not shutil.which("wrk"):
        return row("GET /api/status", "not measured: wrk is not installed", "≥ 20,000/s")
    loki = Loki(binary)
    loki.start()
    loki.make_token()
    command = ["wrk", "-t1", "-c20", "-d5s", "--latency", "-H", f"Authorization: Bearer {loki.token}", f"http://127.0.0.1:{loki.port}/api/status"]
    rates, worst = [], []
    for _ in range(3):
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)))
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
        worst.append(float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit])
        if "Non-2xx" in text:
            sys.exit(f"the server refused: {text}")
    row("GET /api/status, 20 connections, one wrk thread", f"{statistics.median(rates):,.0f}/s, p99 {statistics.median(worst):.1f} ms", "≥ 20,000/s, p99 ≤ 10 ms")
    loki.stop()


def sign_in(loki, binary):
    made = subprocess.run([binary, "user", "create", "--email", "bench@example.org", "--role", "admin", "--password-stdin"],
                          input="a long enough password\n", env=loki.env, capture_output=True, text=True)
    if made.returncode:
        sys.exit(made.stderr)
    connection = http.client.HTTPConnection("127.0.0.1", loki.port)
    body = "email=bench%40example.org&password=a+long+enough+password"
    connection.request("POST", "/login", body, {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{loki.port}"})
    answer = connection.getresponse()
    cookie = answer.getheader("Set-Cookie")
    if not cookie:
        sys.exit(f"signing in failed: {answer.status}")
    return cookie.split(";", 1)[0]


def bench_pages(binary):
    loki = Loki(binary)
    loki.start()
    loki.make_token()
    for number in range(100):
        loki.ask("POST", "/api/projects", {"name": f"Project {number}", "description": "Measured"})
    cookie = sign_in(loki, str(binary))
    request = f"GET /projects?limit=100 HTTP/1.1\r\nHost: 127.0.0.1:{loki.port}\r\nCookie: {cookie}\r\nAccept: text/html\r\nConnection: keep-alive\r\n\r\n".encode()
    firsts, sizes = asyncio.run(load_pages(loki.port, request, rate=200, seconds=10))
    row("SSR of the projects page with 100 rows, 200 requests/s, first byte", f"p50 {percentile(firsts, .5) * 1000:.1f} ms, p99 {percentile(firsts, .99) * 1000:.1f} ms ({len(firsts)} answers of {sizes // 1000} kB)", "p50 ≤ 5 ms, p99 ≤ 25 ms")
    loki.stop()


async def load_pages(port, request, rate, seconds):
    """Opens a request every 1/rate s whatever the answers do, so that a slow answer is not hidden by waiting for it."""
    pool, firsts, sizes = asyncio.Queue(), [], []

    async def one(due):
        try:
            reader, writer = pool.get_nowait()
        except asyncio.QueueEmpty:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        firsts.append(time.perf_counter() - due)
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(head.decode())
        total = 0
        length = re.search(rb"content-length: (\d+)", head.lower())
        if length:
            total = len(await reader.readexactly(int(length.group(1))))
        else:
            while True:
                size = int((await reader.readline()).strip(), 16)
                await reader.readexactly(size + 2)
                total += size
                if size == 0:
                    break
        sizes.append(total)
        pool.put_nowait((reader, writer))

    began, tasks = time.perf_counter(), []
    for number in range(rate * seconds):
        due = began + number / rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    return firsts, sizes[-1]


def bench_events(binary, subscribers=1000):
    loki = Loki(binary)
    loki.start()
    loki.make_token()
    before = loki.memory_kib()
    sockets = [open_socket(loki) for _ in range(subscribers)]
    time.sleep(2)
    after = loki.memory_kib()
    delays = deliveries(loki, sockets)
    for socket_ in sockets:
        socket_.close()
    row(f"event commit → subscriber, {subscribers} subscribers", f"p50 {percentile(delays, .5) * 1000:.1f} ms, p99 {percentile(delays, .99) * 1000:.1f} ms ({len(delays)} deliveries, from the event's own time in its transaction until the subscriber's kernel has its last byte)", "p99 ≤ 20 ms")
    row("memory of a subscriber", f"{(after - before) / subscribers:.1f} KiB", "≤ 35 KiB")
    loki.stop()


def open_socket(loki):
    stream = socket.create_connection(("127.0.0.1", loki.port))
    stream.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    stream.sendall((f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{loki.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {loki.token}\r\n\r\n").encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += stream.recv(4096)
    if b" 101 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(head.decode())
    stream.setblocking(False)
    return stream


def deliveries(loki, sockets, events=10):
    """Seconds from an event's own time, which is taken within the transaction that commits it, until the kernel had its last byte for
    each subscriber: its time stamps (SO_TIMESTAMPNS) are exact, and reading, which would take the server's cores, waits until then."""
    delays = []
    project = loki.project("measured", "# Measured\n\n- `greet` prints `Hello!`\n")
    time.sleep(1)
    for number in range(events):
        for stream in sockets:  # pings and other events of before
            read_stamped(stream)
        # A change that is one event: where others follow, the kernel tells when the last of them came.
        mark = f"measured-{number}-{time.time_ns()}"
        loki.ask("PUT", f"/api/projects/{project}", {"name": mark})
        time.sleep(1)
        for stream in sockets:
            read, arrived = read_stamped(stream)
            if mark.encode() not in read:
                raise RuntimeError("a subscriber heard nothing for a second")
            delays.append(arrived - time_of(read, mark.encode()))
    return delays


def read_stamped(stream):
    """What lies there, and when the last of it came."""
    read, arrived = b"", None
    while True:
        try:
            part, notes, _, _ = stream.recvmsg(65536, 256)
        except BlockingIOError:
            return read, arrived
        if not part:
            raise RuntimeError("the server closed a socket")
        read += part
        for level, kind, data in notes:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("qq", data[:16])
                arrived = seconds + nanoseconds / 1e9


def time_of(read, wanted):
    """When the event that names `wanted` happened, by its own `at`, among the frames of one read."""
    at = re.findall(rb'"at":"([^"]+)"', read[:read.index(wanted)])[-1].decode()
    return datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()


def bench_resume(binary):
    times, same = [], True
    for _ in range(3):
        loki = Loki(binary, {"LOKI_DEMO_AGENT_ARGS": "--pace 200"})
        loki.start()
        loki.make_token()
        project = loki.project("resume", "# Greeter\n\n## Requirements\n- `greet NAME` prints `Hello, NAME!`\n- `greet` exits with 2\n")
        run = loki.run(project, "demo", wait=False)
        while True:
            view = loki.ask("GET", f"/api/v2/runs/{run}")
            if view["step"] == "act":
                break
            time.sleep(0.01)
        time.sleep(0.2)
        loki.kill()
        iteration, seq = view["iteration"], loki_seq(loki)
        began = time.perf_counter()
        loki.start()
        while loki_seq(loki) == seq and time.perf_counter() - began < 10:
            time.sleep(0.005)
        times.append(time.perf_counter() - began)
        same &= loki.ask("GET", f"/api/v2/runs/{run}")["iteration"] == iteration
        loki.stop()
    row("kill -9 → resumed (first new event, from the start of the process)", f"{statistics.median(times):.2f} s, {'same' if same else 'another'} iteration", "≤ 1 s, same iteration")


def loki_seq(loki):
    import sqlite3
    with sqlite3.connect(f"file:{loki.data}/loki.db?mode=ro", uri=True) as db:
        return db.execute("select seq from event_position").fetchone()[0]


def bench_weight(binary):
    loki = Loki(binary)
    loki.start()
    cookie = sign_in(loki, str(binary))
    connection = http.client.HTTPConnection("127.0.0.1", loki.port)
    headers = {"Cookie": cookie, "Accept-Encoding": "br", "Accept": "text/html"}

    def get(path):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()

    answer, body = get("/projects")
    html = len(body)
    if answer.getheader("Content-Encoding") == "br":
        brotli = subprocess.run(["brotli", "-d", "-c"], input=body, capture_output=True, check=True)
        body = brotli.stdout
    parts = {"HTML": html}
    # What the page names, and what the scripts among that import in turn.
    waiting, seen = {path.decode() for path in re.findall(rb'/pkg/[\w./-]+\.(?:js|wasm|css)', body)}, set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        kind = path.rsplit(".", 1)[1].upper()
        answer, loaded = get(path)
        parts[kind] = parts.get(kind, 0) + len(loaded)
        if kind == "JS":
            script = subprocess.run(["brotli", "-d", "-c"], input=loaded, capture_output=True, check=True).stdout.decode()
            folder = path.rsplit("/", 1)[0]
            waiting |= {f"{folder}/{name}" for name in re.findall(r'from\s*["\']\./([\w./-]+\.js)["\']', script)} - seen
    for path in set(re.findall(rb'(/icons[\w.-]*\.svg)', body)):
        parts["icons"] = len(get(path.decode())[1])
    detail = ", ".join(f"{name} {size / 1000:.1f}" for name, size in parts.items())
    row("first load over the wire, brotli", f"{sum(parts.values()) / 1000:.1f} kB ({detail})", "≤ 200 kB")
    loki.stop()


def bench_audit(binary):
    data = tempfile.mkdtemp(prefix="loki-bench-")
    measured = []
    for number in range(3):
        folder = os.path.join(data, str(number))
        said = subprocess.run([binary, "audit", "measure", "--data-dir", folder, "--entries", "200000"],
                              capture_output=True, text=True, check=True).stdout
        measured.append(json.loads(said))
    if not all(one["valid"] for one in measured):
        sys.exit(f"the trail does not hold: {measured}")
    median = lambda name: statistics.median(one[name] for one in measured)
    row("audit trail: append in batches of 5,000, SQLite", f"{median('append_per_second'):,.0f} entries/s", "≥ 10,000/s")
    row("audit trail: verify 200,000 entries", f"{median('verify_per_second'):,.0f} entries/s", "≥ 200,000/s")
    # On the same trail: how long it is tells in both.
    request = statistics.mean(changes(binary, folder))
    shutil.rmtree(data, ignore_errors=True)
    one = median("append_one_seconds")
    row("audit trail: append of one entry, share of the request that changes a project",
        f"{one / request:.1%} ({one * 1e6:.0f} µs of {request * 1e6:.0f} µs)", "≤ 5 %")


def changes(binary, data, count=300):
    """Seconds that requests take which change a project's description, one after the other over one connection."""
    loki = Loki(binary, data=data)
    loki.start()
    loki.make_token()
    project = loki.project("measured", "# Measured\n\n- `greet` prints `Hello!`\n")
    connection, took = http.client.HTTPConnection("127.0.0.1", loki.port, timeout=30), []
    for number in range(count):
        body, headers = json.dumps({"description": f"change {number}"}), {"Authorization": f"Bearer {loki.token}", "Content-Type": "application/json"}
        began = time.perf_counter()
        connection.request("PUT", f"/api/projects/{project}", body, headers)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            sys.exit(f"a change was answered with {answer.status}")
    loki.stop()
    return took


def bench_access(binary):
    example = binary.parent / "examples" / "permission_check"
    said = json.loads(subprocess.run([example], capture_output=True, text=True, check=True).stdout)
    row("permission check of a request, person with 100 teams and 1,000 shares, without a query", f"{said['microseconds']:.2f} µs", "≤ 50 µs")


BENCHES = {
    "start": bench_start, "iteration": bench_iteration, "status": bench_status, "pages": bench_pages,
    "events": bench_events, "weight": bench_weight, "resume": bench_resume, "audit": bench_audit, "access": bench_access,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loki", required=True, type=Path)
    parser.add_argument("--only", choices=BENCHES)
    chosen = parser.parse_args()
    binary = chosen.loki.resolve()
    print("| figure | measured | goal |\n|---|---|---|")
    for name, bench in BENCHES.items():
        if chosen.only in (None, name):
            bench(binary)


if __name__ == "__main__":
    main()
