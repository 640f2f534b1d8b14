"""Which tests need nginx: they fail in CI when it is missing, and are skipped elsewhere."""

import os
import shutil

import pytest

needs_nginx = pytest.mark.skipif(
    not (os.environ.get("CI") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")),
    reason="nginx is not installed",
)
