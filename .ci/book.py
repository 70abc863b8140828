"""What the scripts in this folder share: where the notebooks are, and how to read them."""
import argparse, json, re
from pathlib import Path

root = Path(__file__).resolve().parent.parent
nbs = root/'nbs'

def notebooks():
    "The notebooks by their paths from nbs/, lessons first, without the copies that Jupyter keeps"
    found = [f.relative_to(nbs).as_posix() for f in nbs.rglob('*.ipynb')]
    kept = [name for name in found if not re.search(r'(^|/)[._]', name)]
    return sorted(kept, key=lambda name: (name.count('/'), name))

def lessons():
    "The notebooks that the tour has a row for"
    return [name for name in notebooks() if '/' not in name and name!='index.ipynb']

def cells(notebook):
    "The cells of a notebook, by its path from nbs/"
    return json.loads((nbs/notebook).read_text(encoding='utf-8'))['cells']

def source(cell):
    "What stands in a cell, which is saved as one string or as a list of lines"
    return ''.join(cell['source'])

def shown(cell):
    "What a page shows of a cell's source: all but nbdev's directives"
    return re.sub(r'^#\|.*\n?', '', source(cell), flags=re.M)

def arguments(doc):
    "A parser of the command line, with a script's docstring as its help"
    raw = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(description=doc, formatter_class=raw)
