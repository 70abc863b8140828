"""What the site shows of the puzzles, whose notebooks hold their solutions."""
import re, sys
from book import root, source

sys.path.insert(0, str(root))
from mlp_backprop.puzzles.blanks import blanks

def is_puzzle(name):
    "Is this a notebook, or a page, of the puzzles' folder?"
    return name.startswith('puzzles/')

def unsolved(cells):
    "The cells of a page of puzzles: blanks, solutions in a fold, and no grader's part"
    for c in blanks(cells):
        if re.search(r'^(check|progress)\(', source(c), re.M): c['outputs'] = []
        yield c
