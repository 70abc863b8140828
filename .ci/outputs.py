"""Run notebooks from top to bottom in a Jupyter kernel, and compare outputs with the saved ones.

    python .ci/outputs.py                       every notebook, those in folders too
    python .ci/outputs.py nbs/03_backward.ipynb
      --save   write the new outputs instead of comparing
      --slow   run the cells flagged `slow` too
      --long   those flagged `slow` or `long`
      --jobs   how many notebooks at a time, each with one thread if it is more than one
"""
import functools, os, re, sys, time, nbformat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from book import arguments, nbs, notebooks

number = re.compile(r'-?\d+(?:\.(\d*))?(?:e[-+]?\d+)?')
ask_peak = 'import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)'
per_gb = 2**30 if sys.platform == 'darwin' else 2**20       # bytes there, kilobytes elsewhere

def flagged(cell, *flags):
    "Whether a cell carries one of these directives"
    return any(re.search(rf'^#\|\s*{f}\b', cell.source, flags=re.M) for f in flags)

class Client(NotebookClient):
    "Leaves cells with one of the flags in `skip` alone, with the outputs they were saved with"
    async def async_execute_cell(self, cell, *args, **kwargs):
        "Run a cell, unless it is flagged"
        if flagged(cell, *self.skip): return cell
        return await super().async_execute_cell(cell, *args, **kwargs)

def title(file):
    "A notebook's name, after that of its folder if it has one"
    return file.name if file.parent.name in ('nbs', '') else f'{file.parent.name}/{file.name}'

def text(cell):
    "What the cell printed and returned"
    kept = [o for o in cell.outputs if o.get('name') != 'stderr']
    return ''.join(o.get('text') or o.get('data', {}).get('text/plain', '') for o in kept)

def close(x, y):
    "Whether two numbers differ by a unit in the last printed place at most, or by rounding noise"
    u,v = float(x.group()), float(y.group())
    exact = x.group(1) is None or 'e' in x.group()
    unit = 0 if exact else 10.**-len(x.group(1))
    return abs(u-v) <= 1e-4*abs(v) + 1.01*unit or max(abs(u), abs(v)) <= 1e-4

def same(a, b):
    "Equal in all but spaces, and in numbers as far as `close` asks"
    words = [' '.join(number.sub('#', s).split()) for s in (a, b)]
    return words[0] == words[1] and all(map(close, number.finditer(a), number.finditer(b)))

def execute(nb, folder, skip):
    "Run a notebook in its folder; the seconds that it took, and the memory of its kernel in GB"
    nb.cells.append(nbformat.v4.new_code_cell(ask_peak))
    client = Client(nb, timeout=1200, kernel_name='python3', coalesce_streams=True,
                    resources=dict(metadata=dict(path=str(folder))))
    client.skip = skip
    start = time.time()
    client.execute()
    return time.time()-start, int(nb.cells.pop().outputs[0].text) / per_gb

def differences(name, saved, nb):
    "The cells whose output isn't the saved one, but for what was timed, or varies by processor"
    for i,(a,b) in enumerate(zip(saved.cells, nb.cells)):
        free = a.cell_type != 'code' or flagged(a, 'timing', 'varies')
        if free or same(text(a), text(b)): continue
        yield f'{name}, cell {i}: saved output\n{text(a)}\nbut a run gives\n{text(b)}'

def run(file, save, skip):
    "Run one notebook; what is wrong with it, unless its new outputs are saved"
    saved,nb,name = nbformat.read(file, 4), nbformat.read(file, 4), title(file)
    try: seconds,peak = execute(nb, file.parent, skip)
    except CellExecutionError as e: return [f'{name}: {e}']
    print(f'{name:26}{seconds:6.1f} s{peak:7.2f} GB', flush=True)
    if save:
        nbformat.write(nb, file)
        return []
    large = peak > 2 and 'slow' in skip
    bad = [f'{name}: used {peak:.2f} GB, 2 GB at most expected'] if large else []
    return bad + [*differences(name, saved, nb)]

def main():
    "Run the notebooks that were asked for"
    parser = arguments(__doc__)
    parser.add_argument('files', nargs='*', type=Path, default=[nbs/n for n in notebooks()])
    parser.add_argument('--save', action='store_true')
    parser.add_argument('--slow', action='store_true')
    parser.add_argument('--long', action='store_true')
    parser.add_argument('--jobs', type=int, default=1)
    args = parser.parse_args()
    asked = dict(slow=args.slow or args.long, long=args.long)
    skip = ['eval: false', *(k for k,v in asked.items() if not v)]
    if args.jobs > 1: os.environ['OMP_NUM_THREADS'] = '1'
    check = functools.partial(run, save=args.save, skip=skip)
    with ProcessPoolExecutor(args.jobs) as pool: bad = sum(pool.map(check, args.files), [])
    if bad: sys.exit('\n\n'.join(bad))

if __name__ == '__main__': main()
