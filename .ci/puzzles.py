"""Put the notebooks of puzzles into the package, as nbdev_export puts the modules there.

    python .ci/puzzles.py
"""
import shutil
from book import arguments, nbs, root

def main():
    "Each numbered notebook; what the package has of those that are gone goes"
    arguments(__doc__).parse_args()
    package = root/'mlp_backprop'/'puzzles'
    for f in package.glob('*.ipynb'): f.unlink()
    for f in sorted((nbs/'puzzles').glob('[0-9]*_*.ipynb')): shutil.copyfile(f, package/f.name)

main()
