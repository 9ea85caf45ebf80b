"""Runs the sh blocks of a Markdown page in a folder and compares what they print with the text blocks behind them."""

import os
import re
import subprocess
import sys

page, folder = sys.argv[1:]
text = open(page, encoding="utf-8").read()
blocks = re.compile(r"^```(sh|text)\n(.*?)^```$", re.M | re.S)
printed, failed, pieces, end = "", False, [], 0
for block in blocks.finditer(text):
    kind, body = block.groups()
    pieces.append(text[end : block.start()])
    end = block.end()
    if kind == "sh":
        result = subprocess.run(["sh", "-eu"], input=body, text=True, capture_output=True, cwd=folder)
        printed = result.stdout
        if result.returncode != 0:
            failed = True
            print(f"exit code {result.returncode}:\n{body}{result.stderr}")
    elif body != printed:
        if os.environ.get("UPDATE_EXPECTED"):
            body = printed
        else:
            failed = True
            print(f"the page says:\n{body}and it is:\n{printed}")
    pieces.append(f"```{kind}\n{body}```")
pieces.append(text[end:])
if os.environ.get("UPDATE_EXPECTED"):
    open(page, "w", encoding="utf-8").write("".join(pieces))
sys.exit(failed)
