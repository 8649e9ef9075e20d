"""Importing the data room loads nothing heavy."""

import subprocess
import sys
from pathlib import Path

import gansmith.data


def test_importing_every_module_loads_neither_torch_nor_sklearn_nor_pillow():
    room = Path(gansmith.data.__file__).parent
    names = [".".join(path.relative_to(room).with_suffix("").parts) for path in sorted(room.rglob("*.py"))]
    imports = "\n".join(f"import gansmith.data.{name}" for name in names if not name.endswith("__init__"))
    program = f"import sys, gansmith.data\n{imports}\n" + (
        "print(sorted({'torch', 'sklearn', 'PIL', 'simplejpeg', 'scipy'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
    assert len(names) > 8
