"""Run notebooks from top to bottom in a Jupyter kernel, and hold what comes out against the outputs they were saved with.

    python .ci/outputs.py                       every notebook, those in folders too
    python .ci/outputs.py nbs/03_backward.ipynb
      --save   write the new outputs instead of comparing
      --slow   run the cells flagged `slow` too
"""
import argparse, re, sys, time, nbformat
from pathlib import Path
from nbclient import NotebookClient

root = Path(__file__).resolve().parent.parent
number = re.compile(r'-?\d+(?:\.(\d*))?(?:e[-+]?\d+)?')

def flagged(cell, *flags): return any(re.search(rf'^#\|\s*{f}\b', cell.source, flags=re.M) for f in flags)

class Client(NotebookClient):
    "Leaves flagged cells alone, with the outputs they were saved with"
    skip = ('slow', 'eval: false')
    async def async_execute_cell(self, cell, *args, **kwargs):
        return cell if flagged(cell, *self.skip) else await super().async_execute_cell(cell, *args, **kwargs)

def title(file):
    "A notebook's name, after that of its folder if it has one"
    return file.name if file.parent.name in ('nbs', '') else f'{file.parent.name}/{file.name}'

def text(cell):
    "What the cell printed and returned"
    return ''.join(o.get('text', '') or o.get('data', {}).get('text/plain', '') for o in cell.outputs if o.get('name') != 'stderr')

def same(a, b):
    "Equal up to a unit in the last printed place, and to rounding noise below 1e-4"
    squeeze = lambda s: ' '.join(number.sub('#', s).split())
    if squeeze(a) != squeeze(b): return False
    for x,y in zip(number.finditer(a), number.finditer(b)):
        u,v = float(x.group()), float(y.group())
        unit = 0 if x.group(1) is None else 10.**-len(x.group(1))
        if abs(u-v) > 1e-4*abs(v) + 1.01*unit*('e' not in x.group()) and max(abs(u), abs(v)) > 1e-4: return False
    return True

def run(file, save, slow):
    saved,nb = nbformat.read(file, 4), nbformat.read(file, 4)
    nb.cells.append(nbformat.v4.new_code_cell('import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)'))
    client = Client(nb, timeout=1200, kernel_name='python3', resources=dict(metadata=dict(path=str(file.parent))), coalesce_streams=True)
    if slow: client.skip = ('eval: false',)
    start = time.time()
    client.execute()
    peak = int(nb.cells.pop().outputs[0].text) / (2**30 if sys.platform == 'darwin' else 2**20)
    print(f'{title(file):26}{time.time()-start:6.1f} s{peak:7.2f} GB', flush=True)
    if save: return nbformat.write(nb, file)
    name = title(file)
    bad = [f'{name}: used {peak:.2f} GB, 2 GB at most expected'] if peak > 2 and not slow else []
    for i,(a,b) in enumerate(zip(saved.cells, nb.cells)):
        if a.cell_type != 'code' or flagged(a, 'timing'): continue
        if same(text(a), text(b)): continue
        bad.append(f'{name}, cell {i}: saved output\n{text(a)}\nbut a run gives\n{text(b)}')
    return bad

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    every = [f for p in ('*.ipynb', '[!._]*/*.ipynb') for f in sorted((root/'nbs').glob(p))]
    ap.add_argument('files', nargs='*', type=Path, default=every)
    ap.add_argument('--save', action='store_true'); ap.add_argument('--slow', action='store_true')
    a = ap.parse_args()
    bad = sum((run(f, a.save, a.slow) or [] for f in a.files), [])
    if bad: sys.exit('\n\n'.join(bad))

main()
