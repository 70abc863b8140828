"""Sizes that a reader feels: no module over 150 lines, no code cell over 25, no line over 100 characters.

    python .ci/sizes.py     says what is too long, and fails if anything is
"""
import json, sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
most = dict(module=150, cell=25, line=100)

def notebooks(): return [f for p in ('*.ipynb','[!._]*/*.ipynb') for f in sorted((root/'nbs').glob(p))]

def shown(cell): return [l for l in ''.join(cell['source']).splitlines() if not l.startswith('#|')]

def modules():
    "Lines of each module, those that the export adds included"
    for f in sorted((root/'mlp_backprop').rglob('*.py')):
        if f.name != '_modidx.py': yield f.relative_to(root), len(f.read_text(encoding='utf-8').splitlines())

def cells():
    "The lines of each code cell, without nbdev's directives, which no page shows"
    for f in notebooks():
        for i,c in enumerate(json.loads(f.read_text(encoding='utf-8'))['cells']):
            if c['cell_type'] == 'code': yield f'{f.relative_to(root)}, cell {i}', shown(c)

def main():
    long = [f'{f}: {n} lines' for f,n in modules() if n > most['module']]
    for name,lines in cells():
        if len(lines) > most['cell']: long.append(f'{name}: {len(lines)} lines')
        long += [f'{name}: a line of {len(l)} characters: {l[:60]}…' for l in lines if len(l) > most['line']]
    if long: sys.exit('\n'.join(long))

main()
