"""What no saved output may hold: a warning, an error, or a folder of the machine that made it.

    python .ci/saved.py     says where one does, and which notebook has no output at all
"""
import json, re, sys
from book import root, shown

path = re.compile(r'(?<![\w.])/(root|work|home|Users|tmp|private|var/folders)/\w')

def texts(output):
    "Everything in an output that a reader sees as text"
    for value in (output.get('text', ''), *output.get('data', {}).values()):
        if isinstance(value, (str,list)): yield ''.join(value)

def amiss(cell):
    "What is wrong with the outputs of a cell"
    for o in cell.get('outputs', []):
        if o['output_type']=='error': yield f"an error, {o['ename']}"
        if o.get('name')=='stderr': yield f"a warning, {''.join(o['text'])[:80]!r}"
        for text in texts(o):
            if m := path.search(text): yield f'a path, {text[m.start():m.start()+60]!r}'

def main():
    "Look through the notebooks, those in the package too"
    found = []
    for file in sorted(f for k in ('nbs','mlp_backprop') for f in (root/k).rglob('*.ipynb')):
        if re.search(r'/[._]', file.relative_to(root).as_posix()): continue
        cells = [c for c in json.loads(file.read_text(encoding='utf-8'))['cells']
                 if c['cell_type']=='code' and shown(c).strip()]
        name = file.relative_to(root)
        found += [f'{name}: found {what}' for c in cells for what in amiss(c)]
        if cells and not any(c.get('outputs') for c in cells): found.append(f'{name}: no output')
    if found: sys.exit('\n'.join(found))

main()
