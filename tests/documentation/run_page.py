"""Run the steps of a page in the working folder: shell by bash, Python in one namespace.

The steps come as JSON on standard input. Each block of Python is a file, because Warp reads the source of functions. A
block that begins with the name of a file in a comment is that file, for what follows.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

namespace: dict[str, object] = {"__name__": "__main__"}
sys.path.insert(0, str(Path.cwd()))
for language, text, where in json.load(sys.stdin):
    print(f"--- {where}", flush=True)
    if language == "shell":
        subprocess.run(["bash", "-euc", text], check=True)
    elif name := re.match(r"# (\w+\.py)\n", text):
        Path(name[1]).write_text(text, encoding="utf-8")
    else:
        file = Path(f"block_{where.rpartition(':')[2]}.py")
        file.write_text(text, encoding="utf-8")
        exec(compile(text, str(file.resolve()), "exec"), namespace)
