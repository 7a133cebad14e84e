"""Measures this engine and llama.cpp side by side, on the same model files, one after the other, and prints a Markdown table.

    pip download llama-cpp-python --no-binary llama-cpp-python --no-deps     # llama.cpp's sources are in vendor/llama.cpp
    cmake -B build -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF vendor/llama.cpp
    cmake --build build -j --target llama-bench llama-batched-bench llama-server
    cargo build --features cli --bin persona
    target/debug/persona gguf random --shape qwen3-0.6b --type q4_k_m qwen3.gguf
    python3 benches/side_by_side.py --persona target/debug/persona --llama build/bin qwen3.gguf

Only Python's standard library is needed. Nothing else may run meanwhile.
"""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

PROMPT, GENERATE, BEFORE = 256, 64, 64
# As in `persona bench engine`: tokens of the sheet, of what is recalled for a turn, of a line and of a reply.
SHEET, CONTEXT, LINE, REPLY, TURNS = 1000, 120, 30, 40, 5


def run(command):
    """What a program prints, and the most memory it took, in MB."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise SystemExit(f"{command[0]} failed: {status}")
        out.seek(0)
        return out.read(), usage.ru_maxrss / 1024


def ours(arguments, model):
    command = [arguments.persona, "bench", "engine", "--json", "--model", model, "--threads", str(arguments.threads),
               "--prompt", str(PROMPT), "--generate", str(GENERATE), "--streams", "1,8", "--repeat", "1"]
    text, memory = run(command)
    figures = {figure["name"]: figure["median"] for figure in json.loads(text)["figures"]}
    return {"prompt": figures["prompt"], "one stream": figures["1 together"], "eight streams": figures["8 together"],
            "fifth turn": figures["first token of the fifth turn"], "memory": memory}


def theirs(arguments, model):
    folder, threads = Path(arguments.llama), str(arguments.threads)
    text, _ = run([folder / "llama-bench", "-m", model, "-p", str(PROMPT), "-n", str(GENERATE), "-t", threads, "-r", "1", "-o", "json"])
    found = {"prompt" if row["n_prompt"] else "one stream": row["avg_ts"] for row in json.loads(text)}
    text, memory = run([folder / "llama-batched-bench", "-m", model, "-c", str(16 * (BEFORE + GENERATE)), "-npp", str(BEFORE), "-ntg", str(GENERATE),
                        "-npl", "1,8", "-t", threads, "-tb", threads])
    rows = [[float(cell) for cell in re.findall(r"[\d.]+", line)] for line in text.splitlines() if line.startswith("|") and "PP" not in line and "--" not in line]
    found["eight streams"] = next(row[7] for row in rows if row[2] == 8)
    found["memory"] = memory
    found["fifth turn"] = fifth_turn(folder, model, threads)
    return found


def fifth_turn(folder, model, threads):
    """Milliseconds from the fifth line of a talk to the first token of the reply, with llama-server's own cache of prompts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([folder / "llama-server", "-m", model, "-t", threads, "-tb", threads, "-c", "4096", "-np", "1", "--port", str(port)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                if urllib.request.urlopen(f"{address}/health").status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        ids = lambda kind, count: [(at * 37 + kind * 1009 + 11) % 32000 for at in range(count)]
        history = ids(3, SHEET)
        for turn in range(TURNS):
            line, reply = ids(20 + turn, LINE), ids(30 + turn, REPLY)
            prompt = history + ids(10 + turn, CONTEXT) + line
            start = time.monotonic()
            ask(address, prompt, 1)
            taken = time.monotonic() - start
            history += line + reply
        return taken * 1000
    finally:
        server.kill()
        server.wait()


def ask(address, prompt, count):
    body = json.dumps({"prompt": prompt, "n_predict": count, "cache_prompt": True, "ignore_eos": True}).encode()
    request = urllib.request.Request(f"{address}/completion", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request).read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--persona", default="target/debug/persona", help="the built command `persona`")
    parser.add_argument("--llama", required=True, help="the folder with llama.cpp's programs")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    units = {"prompt": "tok/s", "one stream": "tok/s", "eight streams": "tok/s", "fifth turn": "ms", "memory": "MB"}
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    print(f"{processor}, {arguments.threads} threads, n {arguments.repeat}: median (least to most)\n")
    for model in arguments.models:
        pairs = [(ours(arguments, model), theirs(arguments, model)) for _ in range(arguments.repeat)]
        print(f"| {Path(model).name} | bevy_persona | llama.cpp | ratio |\n|---|---:|---:|---:|")
        for name, unit in units.items():
            columns = [[side[at][name] for side in pairs] for at in (0, 1)]
            cells = [f"{statistics.median(column):.0f} ({min(column):.0f} to {max(column):.0f})" for column in columns]
            ratio = statistics.median(columns[0]) / statistics.median(columns[1])
            print(f"| {name}, {unit} | {cells[0]} | {cells[1]} | {ratio:.2f} |")
        print()


if __name__ == "__main__":
    main()
