"""Build the docs site from the saved notebooks: nbdev's processing, then smalldocs. Runs no cell, needs no network.

    python .ci/docs.py build     into _docs/
    python .ci/docs.py serve     the same, at 127.0.0.1, and again whenever a file of nbs/ changes
"""
import argparse, ast, collections, functools, html, http.server, json, os, posixpath, re, shutil
import sys, threading, time, yaml, mermaidx
import nbdev.doclinks
from pathlib import Path
from nbdev.config import get_config
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs import config, layout, serve as preview, site
from mlp_backprop.puzzles.blanks import fill, folded, solution

root = Path(__file__).resolve().parent.parent
nbs,out = root/'nbs',root/'_docs'
rooms,exercises = 'How it is built','Puzzles'       # the sidebar's names for the machinery and for nbs/puzzles

def source(cell): return ''.join(cell['source'])

def cells(name):
    "The cells of a notebook, by its path from nbs/"
    return json.loads((nbs/name).read_text(encoding='utf-8'))['cells']

def notebooks(pattern='**/*.ipynb'):
    "The notebooks by their paths from nbs/, without the copies that Jupyter keeps"
    found = [f.relative_to(nbs).as_posix() for f in sorted(nbs.glob(pattern))]
    return [f for f in found if not re.search(r'(^|/)[._]', f)]

def lessons():
    "The notebooks that the tour has a row for"
    return [f for f in notebooks('*.ipynb') if f!='index.ipynb']

def machinery():
    "The notebooks in folders, by folder: they need no row and no picture"
    groups = {}
    for f in notebooks('*/*.ipynb'):
        if f.startswith('puzzles/'): continue
        groups.setdefault(posixpath.dirname(f), []).append(f)
    return groups

def page_of(name):
    "A notebook's page without .html, as nbdev names it: record/calls for record/calls.ipynb"
    return nbdev.doclinks._nbpath2html(Path(name)).as_posix().removesuffix('.html')

def module_of(name):
    "The file that a notebook exports to, from the package's folder"
    found = (re.search(r'^#\| *default_exp +([\w.]+)', source(c), re.M) for c in cells(name))
    return next((m[1].replace('.', '/')+'.py' for m in found if m), None)

def tour():
    "The groups of the tour on the home page, each with its notebooks"
    text = [source(c) for c in cells('index.ipynb') if c['cell_type']=='markdown']
    groups = {}
    for line in '\n'.join(text).splitlines():
        if m := re.match(r'### (.+)', line): group = groups.setdefault(m[1], [])
        elif m := re.match(r'\| *<img src="(images/thumbs/[^"]+)"[^>]* alt="([^"]+)"> *\| *\[[^]]+\]\((\w+\.ipynb)\) *\| *(\S.*?) *\|$', line): group.append(m[3])
    return {k:v for k,v in groups.items() if v}

def check_tour():
    "What is amiss with the tour: a lesson without its row or picture, rows out of order"
    there,listed = lessons(), sum(tour().values(), [])
    bad = [f'nbs/index.ipynb: expected a row "| <img src="images/thumbs/{Path(f).stem}.png" width="180" alt="..."> | [{Path(f).stem}]({f}) | a sentence |" '
           f'under a "### Group" of the tour, but found none for {f}' for f in there if f not in listed]
    bad += [f'nbs/index.ipynb: the tour has {f}, which is not in nbs/' for f in listed if f not in there]
    bad += [f'nbs/index.ipynb: expected the notebooks in their order, but found {listed}'] * (not bad and listed!=there)
    pictures = {f: f'images/thumbs/{Path(f).stem}.png' for f in there}
    bad += [f'nbs/{png}: expected the picture of {f}, but found none; python .ci/thumbs.py makes it'
            for f,png in pictures.items() if not (nbs/png).exists()]
    return bad

def check_unseen(name):
    "The cells of a notebook whose code would not be on its page"
    for i,c in enumerate(cells(name)):
        unseen = c['cell_type']=='code' and re.match(r'#\| *export\b', source(c))
        if unseen and re.search(r'^(def|class|@)', source(c), re.M):
            yield (f'nbs/{name}, cell {i}: expected "#| exports", which shows the code on its page '
                   'as well, but found "#| export", which hides it')

def check():
    "Each lesson is in the tour, each page has its own name, no code of the package stays unseen"
    files,bad = notebooks(),check_tour()
    bad += [f'nbs/{f}: expected it in nbs/ or in a folder of nbs/, but found it deeper'
            for f in files if f.count('/')>1]
    times = collections.Counter(map(page_of, files))
    bad += [f'nbs/{f}: expected a page of its own, but {page_of(f)}.html has another notebook too'
            for f in files if times[page_of(f)]>1]
    bad += [b for f in files if f!='index.ipynb' for b in check_unseen(f)]
    if bad: sys.exit('\n'.join(bad))

def sidebar():
    "The tour's groups and after them the machinery's folders as the sidebar, for Quarto too"
    groups = [dict(section=k, contents=v) for k,v in tour().items()]
    if puzzles := notebooks('puzzles/*.ipynb'): groups.append(dict(section=exercises, contents=puzzles))
    inner = [dict(section=k, href=v[0], contents=v) for k,v in machinery().items()]
    groups += [dict(section=rooms, contents=inner)] * bool(inner)
    bar = dict(contents=[dict(text='Home', href='index.ipynb'), *groups])
    text = '# Made from the tour in index.ipynb and the folders of nbs/ by .ci/docs.py.\n'
    text += yaml.safe_dump(dict(website=dict(sidebar=bar)), sort_keys=False)
    if (file := nbs/'sidebar.yml').read_text(encoding='utf-8') != text: file.write_text(text, encoding='utf-8')

def draw(m):
    "A mermaid fence as SVG, described to those who can't see it by its own text"
    text = m[1].strip()
    draw.n += 1
    try: svg = mermaidx.render(text).svg().replace('my-svg', f'diagram-{draw.n}')
    except RuntimeError as e: sys.exit(f'{e}\nin this diagram:\n{text}')
    svg = re.sub(r'max-width: ([\d.]+)px', lambda w: f'max-width: {w[1]}px; min-width: {.6*float(w[1]):.0f}px', svg, count=1)     # rather scrolls than shrinks to nothing
    said = re.search(r'^\s*acc(?:Descr|Title): *(.+)', text, re.M)
    labels = [l.strip('"\'') for l in re.findall(r'[\[({|>]+("[^"]+"|[^\[\](){}|<>]+)[\])}|]+', text)]
    alt = said[1] if said else 'Diagram: ' + ', '.join(dict.fromkeys(labels or text.split()))
    svg = re.sub(r'^<svg([^>]*?) role="[^"]*"( aria-roledescription="[^"]*")?', lambda s: f'<svg{s[1]} role="img" aria-label="{html.escape(alt)}"', svg)
    return f'```{{=html}}\n<div class="diagram">{svg}</div>\n```'
draw.n = 0

def defined(module):
    "The line of each definition in a module; a patched function is its class's"
    file,found = get_config().lib_path/(module or ''),{}
    for d in ast.parse(file.read_text(encoding='utf-8')).body if file.is_file() else ():
        if isinstance(d, ast.Assign) and isinstance(d.targets[0], ast.Name) and d.targets[0].id[0]!='_': found[d.targets[0].id] = d.lineno
        if not isinstance(d, (ast.FunctionDef, ast.ClassDef)): continue
        owner = d.args.args[0].annotation.id+'.' if any(getattr(o, 'id', '')=='patch' for o in d.decorator_list) else ''
        found[owner+d.name] = d.lineno
        for m in getattr(d, 'body', ()) if isinstance(d, ast.ClassDef) else ():
            if isinstance(m, ast.FunctionDef): found[f'{d.name}.{m.name}'] = m.lineno
    return found

def documents(cell):
    "The symbol that a cell documents"
    m = cell['cell_type']=='code' and re.search(r'^show_doc\(([\w.]+)', source(cell), re.M)
    return m and m[1]

def values(cell):
    "A section for each exported name that is no function or class of its own, such as a named tuple, as `show_doc` would give it"
    if cell['cell_type']!='code' or 'code-summary: "Exported source"' not in source(cell): return
    for name,value in re.findall(r'^([A-Za-z]\w*) = (.+)', source(cell), re.M):
        said = re.search(rf'^{name}\.__doc__ = "(.+)"', source(cell), re.M)
        text = f'---\n\n### {name}\n\n```python\n{name} = {value}\n```\n\n' + (f'*{said[1]}*' if said else '')
        out = dict(output_type='display_data', metadata={}, data={'text/markdown': text})
        yield dict(cell_type='code', metadata={}, execution_count=None, source=f'#| echo: false\n#| output: asis\nshow_doc({name})', outputs=[out])

def unsolved(cells):
    "The cells of a page of puzzles for readers: blanks, solutions in a fold, and no grader's part"
    for c in cells:
        mark = c['metadata'].get('nbgrader', {})
        if mark.get('grade') or source(c).startswith('## For the grader'): continue
        if re.search(r'^(check|progress)\(', source(c), re.M): c['outputs'] = []
        answer = mark.get('solution') and '### BEGIN SOLUTION' in source(c) and folded(solution(source(c)))
        if answer: c['source'] = fill(source(c))
        yield c
        if answer: yield dict(cell_type='markdown', metadata={}, source=answer)

class Links:
    """Links from every symbol in backticks to its section, and from there to its source.

    nbdev makes such links too. It takes the last of two symbols of one name, links private ones to nowhere, knows
    nothing of a notebook with "auto" in its name, and leads to the site as published; so these take their place."""
    def __init__(self, books):
        cfg = get_config()
        self.host,self.git,self.lib = f'{cfg.doc_host}{cfg.doc_baseurl}/', f'{cfg.git_url}/blob/{cfg.branch}/{cfg.lib_path.name}', cfg.lib_path.name
        self.code = {m: '\n'.join(source(c) for c in nb['cells'] if c['cell_type']=='code') for m,nb in books.items()}
        for nb in books.values():
            done = {documents(c) for c in nb['cells']}
            nb['cells'] = [o for c in nb['cells'] for o in (*(v for v in values(c) if documents(v) not in done), c)]
        self.shown = {m: [n for c in nb['cells'] if (n := documents(c))] for m,nb in books.items()}
        self.files = {page_of(f): module_of(f) for f in notebooks()}
        self.lines = {m: defined(self.files[m]) for m in books}

    def module(self, page):
        "The name to import what a page exports by, after the package's"
        return re.sub(r'(/__init__)?\.py$', '', self.files[page] or '').replace('/', '.')

    def imports(self, page, other, name):
        "Whether a page imports a name from another's module, or from a package around that"
        parts = self.module(other).split('.')
        path = '|'.join(re.escape('.'.join(parts[:i+1])) for i in range(len(parts)))
        names = re.findall(rf'^from {self.lib}\.(?:{path}) import (.+)', self.code[page], re.M)
        return any(re.search(rf'\b{name}\b|\*', n) for n in names)

    def anchor(self, page, name):
        "As nbdev has it, in lower case, unless two names of a page differ in nothing else"
        return name if sum(n.lower()==name.lower() for n in self.shown[page])>1 else name.lower()

    def find(self, page, name):
        "The module and section that explain what `name` means on a page: its own, one that it imports from, or the first"
        for k in sorted(self.shown, key=lambda k: -len(self.module(k))):
            if self.module(k) and name.startswith(start := f'{self.lib}.{self.module(k)}.'):
                page,name = k, name.removeprefix(start)
                break
        known = [k for k in self.shown if name in self.shown[k] or (name in self.lines[k] and name.split('.')[0] in self.shown[k])]
        near = [k for k in known if k==page] + [k for k in known if self.imports(page, k, name.split('.')[0])]
        owners = [(k, n.split('.')[0]) for k in sorted(self.shown, key=lambda k: k!=page) for n in self.lines[k] if n.endswith('.'+name)]
        if known and owners and (owners[0][0]==page or not near): return owners[0]     # `forward` is a layer's, unless the function was imported
        if not known: return None
        k = (near + known)[0]
        return k, name if name in self.shown[k] else name.split('.')[0]                 # or the class of a method that has no section

    def link(self, page, m):
        if not m[1] or not (found := self.find(page, m[1])): return m[0]
        k,name = found
        to = '' if k==page else posixpath.relpath(k, posixpath.dirname(page) or '.')+'.html'
        return f'[{m[0]}]({to}#{self.anchor(k, name)})'

    def linkify(self, page, text):
        text = re.sub(rf'\[(`[^`]+`)\]\({re.escape(self.host)}[^)]*\)', r'\1', text)
        parts = re.split(r'(^ *```.*?^ *```|^#+ .*?$)', text, flags=re.M|re.S)      # not in code, not in headings
        links = re.compile(r'\[[^\]]*\]\([^)]*\)|`([A-Za-z_][\w.]*)(?:\(\))?`')
        taken = {self.anchor(page, n) for n in self.shown[page]}
        def apart(h):       # a heading of the text that would get a symbol's anchor gets another
            slug = re.sub(r'[^\w-]', '', '-'.join(h.lstrip('# ').lower().split()))
            return f'{h} {{#{slug}-section}}' if h.startswith('#') and slug in taken else h
        return ''.join(apart(o) if i%2 else links.sub(lambda m: self.link(page, m), o) for i,o in enumerate(parts))

    def section(self, page, name, text):
        "What `show_doc` says of a symbol, with a link to its source"
        text = re.sub(r'^\[source\].*\n', '', text, flags=re.M)
        line,shown = self.lines[page].get(name), name.replace('__', r'\_\_')
        file = self.files[page]
        where = f'{self.git}/{file}#L{line} "{name} in {file}"'
        src = f'[source]({where}){{.source}}\n\n' if line else ''
        return re.sub(r'^### .*', lambda m: f'{src}### {shown} {{#{self.anchor(page, name)}}}', self.linkify(page, text), count=1, flags=re.M)

def finish(cache):
    "Make the processed notebooks whole without a network: links within the site relative, diagrams drawn"
    lessons_first,files = sorted(processed(cache), key=lambda f: (len(f.parts), f)),{}
    for f in lessons_first:
        nb = json.loads(f.read_text(encoding='utf-8'))
        if f.parent.name=='puzzles': nb['cells'] = [*unsolved(nb['cells'])]
        files[page_of(f.relative_to(cache))] = f, nb
    links = Links({k: nb for k,(_,nb) in files.items()})
    for page,(file,nb) in files.items():
        for c in nb['cells']:
            if c['cell_type']=='markdown':
                c['source'] = links.linkify(page, re.sub(r'^```+ *\{?mermaid\}? *\n(.*?)^```+ *$', draw, source(c), flags=re.M|re.S))
            for o in c.get('outputs', []) if documents(c) else ():
                if md := o.get('data', {}).get('text/markdown'): o['data']['text/markdown'] = links.section(page, documents(c), ''.join(md))
        file.write_text(json.dumps(nb, indent=1, ensure_ascii=False), encoding='utf-8')

def processed(cache):
    "What nbdev has made of the notebooks; what it made of those that are gone goes too"
    for f in cache.rglob('*.ipynb'):
        if (nbs/f.relative_to(cache)).exists(): yield f
        else: f.unlink()

def lay_out(site, nav, page, render=layout.page):
    "A page as smalldocs has it, with KaTeX from the copy that the site carries in place of a CDN"
    layout.KATEX = '../'*(len(page.out.parts)-1) + 'katex'
    return render(site, nav, page)
layout.page = lay_out

class Site(site.Site):
    "A page is called what nbdev calls it, data.html for 00_data.ipynb, and can be found by either name"
    def read(self, src):
        page = super().read(src)
        page.out = src.with_name(page.front.get('output-file', page.out.name))
        return page
    def find_page(self, target):
        return super().find_page(target) or next((p for p in self.pages.values() if p.out==target), None)

def quiet(w):
    "What smalldocs says about keys that are there for Quarto"
    return re.search(r'output-file is not read|html-math-method is ignored|format commonmark is not built', w)

def build(force=True, live=False):
    start = time.time()
    check()
    refresh_quarto_yml()
    sidebar()
    nbdev.doclinks._build_modidx()
    os.environ['PYTHONWARNINGS'] = 'ignore:Found cells containing imports'      # they hold settings of the display besides
    try: cache = proc_nbs(force=force)
    except Exception as e: sys.exit(f'{e}\nnbdev runs each cell that has an import in it, and no other, when it makes the pages: expected imports in cells of their own')
    finish(cache)
    s = Site(config.load(cache), quiet=True, preview=live)
    n = s.build()
    for f in (s.out/'site_libs/themes').glob('*.css'):     # no web fonts
        f.write_text(re.sub(r'@import url\(https?:[^)]*\);', '', f.read_text(encoding='utf-8')), encoding='utf-8')
    if bad := [w for w in s.warnings if not quiet(w)]: sys.exit('\n'.join(bad))
    shutil.rmtree(out, ignore_errors=True)
    shutil.move(s.out, out)
    print(f'{n} pages in {out.name}/, {time.time()-start:.1f} s', flush=True)

def watch(port):
    "Build, serve, and build again on each change; a browser that shows a page reloads it"
    def attempt(force=False):
        try: build(force, live=True)
        except (Exception, SystemExit) as e: print(e, file=sys.stderr)
    attempt(force=True)
    handler = functools.partial(preview.Handler, directory=str(out))
    server = http.server.ThreadingHTTPServer(('127.0.0.1', port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f'http://127.0.0.1:{port}/ (Ctrl-C stops)', flush=True)
    seen = preview.snapshot(nbs, out)
    try:
        while True:
            time.sleep(.5)
            if (now := preview.snapshot(nbs, out)) != seen:
                attempt()
                preview.Handler.version += 1
                seen = preview.snapshot(nbs, out)
    except KeyboardInterrupt: server.shutdown()

if __name__ == '__main__':
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('command', choices=['build', 'serve'])
    ap.add_argument('--port', type=int, default=4200)
    a = ap.parse_args()
    build() if a.command=='build' else watch(a.port)
