"""Put the notebooks of puzzles into the package, as nbdev_export puts the modules there.

    python .ci/puzzles.py
"""
import json
from pathlib import Path

root = Path(__file__).resolve().parent.parent
package = root/'mlp_backprop'/'puzzles'

def lines(cell):
    "A cell's text as a list of lines, however the file holds it"
    return ''.join(cell['source']).splitlines(keepends=True)

def export(file):
    nb = json.loads(file.read_text(encoding='utf-8'))
    for c in nb['cells']:
        c['source'] = lines(c)
        if c['cell_type']=='code': c.update(outputs=[], execution_count=None)
    text = json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + '\n'
    (package/file.name).write_text(text, encoding='utf-8')

files = sorted((root/'nbs'/'puzzles').glob('[0-9]*_*.ipynb'))
for f in package.glob('*.ipynb'): f.unlink()
for f in files: export(f)
