"""The notebook runs from top to bottom."""

import json
from pathlib import Path

from test_lapbelt import confines

NOTEBOOK = Path(__file__).parent.parent / "notebooks/tour.ipynb"


@confines
def test_the_tour(capsys):
    names = {}
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert "kept" in capsys.readouterr().out
