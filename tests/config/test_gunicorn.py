"""config/gunicorn.py: what it sets."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

# It ends a second after its first worker is there: what else it starts comes after.
ONCE = """
from config.gunicorn import *
import os, signal, time
def post_worker_init(worker):
    time.sleep(1)
    os.kill(os.getppid(), signal.SIGTERM)
"""


def test_it_starts_where_no_home_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "once.py").write_text(ONCE)
    env = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"}
    env |= {"HOME": "/dev/null", "PYTHONPATH": str(settings.BASE_DIR)}
    words = ["--config", f"{tmp_path}/once.py", "--bind", "127.0.0.1:0", "--log-level", "error"]
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", *words, "wsgiref.simple_server:demo_app"],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
