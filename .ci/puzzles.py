"""Put the notebooks of puzzles into the package, as nbdev_export puts the modules there.

    python .ci/puzzles.py
"""
import json
from book import arguments, nbs, root, source

def export(file, folder):
    "A notebook without its outputs, in `folder`"
    nb = json.loads(file.read_text(encoding='utf-8'))
    for c in nb['cells']:
        c['source'] = source(c).splitlines(keepends=True)
        if c['cell_type']=='code': c.update(outputs=[], execution_count=None)
    text = json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + '\n'
    (folder/file.name).write_text(text, encoding='utf-8')

def main():
    "Each numbered notebook; what the package has of those that are gone goes"
    arguments(__doc__).parse_args()
    package = root/'mlp_backprop'/'puzzles'
    for f in package.glob('*.ipynb'): f.unlink()
    for f in sorted((nbs/'puzzles').glob('[0-9]*_*.ipynb')): export(f, package)

main()
