"""Build the docs site from the saved notebooks: nbdev's processing, then smalldocs.

    python .ci/docs.py build     into _docs/; no cell is run, no network needed
    python .ci/docs.py serve     the same, at 127.0.0.1, and again whenever a file of nbs/ changes
"""
import collections, functools, http.server, itertools, json, os, posixpath, re, shutil
import sys, threading, time, yaml
import nbdev.doclinks
from pathlib import Path
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs import config, layout, serve as preview, site
from book import arguments, cells, lessons, nbs, notebooks, root, shown, source
from diagrams import draw
from exercises import is_puzzle, unsolved
from links import Links, documents, page_of

out = root/'_docs'
exercises,rooms = 'Puzzles','How it is built'       # the sidebar's names for folders
row = re.compile(r'\| *<img src="images/thumbs/[^"]+"[^>]* alt="[^"]+"> *'     # of the tour
                 r'\| *\[[^]]+\]\((\w+\.ipynb)\) *\| *\S.*? *\|$')
no_imports_apart = ('nbdev runs each cell that has an import in it, and no other, when it makes '
                    'the pages: expected imports in cells of their own')
# What smalldocs says about keys that are there for Quarto
for_quarto = re.compile(r'output-file is not read|html-math-method is ignored'
                        r'|format commonmark is not built')

def machinery():
    "The notebooks in folders but the puzzles, by folder: they need no row and no picture"
    groups = {}
    for name in notebooks():
        if name.count('/')!=1 or is_puzzle(name): continue
        groups.setdefault(posixpath.dirname(name), []).append(name)
    return groups

def tour():
    "The groups of the tour on the home page, each with its notebooks"
    text = '\n'.join(source(c) for c in cells('index.ipynb') if c['cell_type']=='markdown')
    groups = {}
    for line in text.splitlines():
        if m := re.match(r'### (.+)', line): group = groups.setdefault(m[1], [])
        elif m := row.match(line): group.append(m[1])
    return {k: v for k,v in groups.items() if v}

def thumbnail(name):
    "Where the picture of a lesson is, from nbs/"
    return f'images/thumbs/{Path(name).stem}.png'

def check_tour():
    "What is amiss with the tour: a lesson without its row or picture, rows out of order"
    there,listed = lessons(), sum(tour().values(), [])
    bad = [f'nbs/index.ipynb: expected a row "| <img src="{thumbnail(f)}" width="180" alt="..."> | '
           f'[{Path(f).stem}]({f}) | a sentence |" under a "### Group" of the tour, '
           f'but found none for {f}' for f in there if f not in listed]
    bad += [f'nbs/index.ipynb: the tour has {f}, which is not in nbs/'
            for f in listed if f not in there]
    if not bad and listed!=there:
        bad = [f'nbs/index.ipynb: expected the notebooks in their order, but found {listed}']
    return bad + [f'nbs/{thumbnail(f)}: expected the picture of {f}, but found none; '
                  'python .ci/thumbs.py makes it'
                  for f in there if not (nbs/thumbnail(f)).exists()]

def check_unseen(name):
    "The cells of a notebook whose code would not be on its page"
    for i,c in enumerate(cells(name)):
        unseen = c['cell_type']=='code' and re.match(r'#\| *export\b', source(c))
        if unseen and re.search(r'^(def|class|@)', source(c), re.M):
            yield (f'nbs/{name}, cell {i}: expected "#| exports", which shows the code on its page '
                   'as well, but found "#| export", which hides it')

def check():
    "Each lesson is in the tour, each page has its own name, no code of the package stays unseen"
    names,bad = notebooks(),check_tour()
    bad += [f'nbs/{f}: expected it in nbs/ or in a folder of nbs/, but found it deeper'
            for f in names if f.count('/')>1]
    times = collections.Counter(map(page_of, names))
    bad += [f'nbs/{f}: expected a page of its own, but {page_of(f)}.html has another notebook too'
            for f in names if times[page_of(f)]>1]
    bad += [b for f in names if f!='index.ipynb' for b in check_unseen(f)]
    if bad: sys.exit('\n'.join(bad))

def write_sidebar():
    "The tour's groups, the puzzles and the machinery's folders as the sidebar, for Quarto too"
    groups = [dict(section=k, contents=v) for k,v in tour().items()]
    puzzles = [*filter(is_puzzle, notebooks())]
    if puzzles: groups.append(dict(section=exercises, contents=puzzles))
    inner = [dict(section=k, href=v[0], contents=v) for k,v in machinery().items()]
    if inner: groups.append(dict(section=rooms, contents=inner))
    bar = dict(contents=[dict(text='Home', href='index.ipynb'), *groups])
    text = '# Made from the tour in index.ipynb and the folders of nbs/ by .ci/docs.py.\n'
    text += yaml.safe_dump(dict(website=dict(sidebar=bar)), sort_keys=False)
    file = nbs/'sidebar.yml'
    if file.read_text(encoding='utf-8') != text: file.write_text(text, encoding='utf-8')

def processed(cache):
    "What nbdev has made of the notebooks, lessons first; what it made of those that are gone goes"
    found = sorted(cache.rglob('*.ipynb'), key=lambda f: (len(f.parts), f))
    for f in found:
        if (nbs/f.relative_to(cache)).exists(): yield f
        else: f.unlink()

def trim(nb, room):
    "Leave out a command that the text before has; fold the exported source of a room's notebook"
    for before,cell in itertools.pairwise(nb['cells']):
        text = source(cell)
        repeats = cell['metadata'].get('language')=='sh' and shown(cell).strip() in source(before)
        if repeats: cell['source'] = f'#| echo: false\n{text}'
        if room and 'code-summary: "Exported source"' in text:
            cell['source'] = text.replace('code-fold: show', 'code-fold: true', 1)

def finish_cell(cell, page, links):
    "A cell of a page with its links, and with its diagrams drawn"
    if cell['cell_type']=='markdown': cell['source'] = links.linkify(page, draw(source(cell)))
    name = documents(cell)
    for o in cell.get('outputs', []) if name else ():
        if md := o.get('data', {}).get('text/markdown'):
            o['data']['text/markdown'] = links.section(page, name, ''.join(md))

def finish(cache):
    "Make the processed notebooks whole without a network: links relative, diagrams drawn"
    files = {page_of(f.relative_to(cache)): f for f in processed(cache)}
    books = {page: json.loads(f.read_text(encoding='utf-8')) for page,f in files.items()}
    for page,nb in books.items():
        if is_puzzle(page): nb['cells'] = [*unsolved(nb['cells'])]
        trim(nb, room='/' in page)
    links = Links(books)
    for page,nb in books.items():
        for cell in nb['cells']: finish_cell(cell, page, links)
        text = json.dumps(nb, indent=1, ensure_ascii=False)
        files[page].write_text(text, encoding='utf-8')

def lay_out(site, nav, page, render=layout.page):
    "A page as smalldocs has it, with KaTeX from the copy that the site carries, not from a CDN"
    layout.KATEX = '../'*(len(page.out.parts)-1) + 'katex'
    return render(site, nav, page)
layout.page = lay_out

class Site(site.Site):
    "A page is called what nbdev calls it, data.html for 00_data.ipynb; either name finds it"
    def read(self, src):
        "A page, with the name that nbdev gave it"
        page = super().read(src)
        page.out = src.with_name(page.front.get('output-file', page.out.name))
        return page

    def find_page(self, target):
        "The page of this name"
        by_output = (p for p in self.pages.values() if p.out==target)
        return super().find_page(target) or next(by_output, None)

def process(force):
    "What nbdev makes of the notebooks, in its cache, finished"
    os.environ['PYTHONWARNINGS'] = 'ignore:Found cells containing imports'  # with display settings
    try: cache = proc_nbs(force=force)
    except Exception as e: sys.exit(f'{e}\n{no_imports_apart}')
    finish(cache)
    return cache

def build(force=True, live=False):
    "Check the notebooks, and build the site"
    start = time.time()
    check()
    refresh_quarto_yml()
    write_sidebar()
    nbdev.doclinks._build_modidx()
    s = Site(config.load(process(force)), quiet=True, preview=live)
    n = s.build()
    for f in (s.out/'site_libs/themes').glob('*.css'):     # no web fonts
        css = re.sub(r'@import url\(https?:[^)]*\);', '', f.read_text(encoding='utf-8'))
        f.write_text(css, encoding='utf-8')
    if bad := [w for w in s.warnings if not for_quarto.search(w)]: sys.exit('\n'.join(bad))
    shutil.rmtree(out, ignore_errors=True)
    shutil.move(s.out, out)
    print(f'{n} pages in {out.name}/, {time.time()-start:.1f} s', flush=True)

def attempt(force=False):
    "Build for a browser that reloads; a fault is told, and the site stays as it was"
    try: build(force, live=True)
    except (Exception, SystemExit) as e: print(e, file=sys.stderr)

def serve(port):
    "The site at 127.0.0.1"
    handler = functools.partial(preview.Handler, directory=str(out))
    server = http.server.ThreadingHTTPServer(('127.0.0.1', port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f'http://127.0.0.1:{port}/ (Ctrl-C stops)', flush=True)
    return server

def watch(port):
    "Build, serve, and build again on each change; a browser that shows a page reloads it"
    attempt(force=True)
    server,seen = serve(port),preview.snapshot(nbs, out)
    try:
        while True:
            time.sleep(.5)
            if preview.snapshot(nbs, out)==seen: continue
            attempt()
            preview.Handler.version += 1
            seen = preview.snapshot(nbs, out)
    except KeyboardInterrupt: server.shutdown()

if __name__ == '__main__':
    parser = arguments(__doc__)
    parser.add_argument('command', choices=['build', 'serve'])
    parser.add_argument('--port', type=int, default=4200)
    args = parser.parse_args()
    build() if args.command=='build' else watch(args.port)
