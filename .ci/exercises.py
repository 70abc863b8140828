"""What the site shows of the puzzles, whose notebooks hold their solutions."""
import re, sys
from book import root, source

sys.path.insert(0, str(root))
from mlp_backprop.puzzles.blanks import fill, folded, solution
from mlp_backprop.puzzles.catalog import kind

def is_puzzle(name):
    "Is this a notebook, or a page, of the puzzles' folder?"
    return name.startswith('puzzles/')

def unsolved(cells):
    "The cells of a page of puzzles: blanks, solutions in a fold, and no grader's part"
    for c in cells:
        what,_ = kind(c)
        if what=='grade' or source(c).startswith('## For the grader'): continue
        if re.search(r'^(check|progress)\(', source(c), re.M): c['outputs'] = []
        answer = folded(solution(source(c))) if what=='solve' else None
        if answer: c['source'] = fill(source(c))
        yield c
        if answer: yield dict(cell_type='markdown', metadata={}, source=answer)
