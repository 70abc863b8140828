"""Build the docs site from the saved notebooks: nbdev's processing, then smalldocs. Runs no cell, needs no network.

    python .ci/docs.py build     into _docs/
    python .ci/docs.py serve     the same, at 127.0.0.1, and again whenever a file of nbs/ changes
"""
import argparse, functools, html, http.server, json, re, shutil, sys, threading, time, warnings, yaml, mermaidx
import nbdev.doclinks
from pathlib import Path
from nbdev.config import get_config
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs import config, layout, serve as preview, site

root = Path(__file__).resolve().parent.parent
nbs,out = root/'nbs',root/'_docs'
layout.KATEX = 'katex'      # the copy that the site carries, in place of a CDN; every page lies beside it

def source(cell): return ''.join(cell['source'])

def tour():
    "The groups of the tour on the home page, each with its notebooks"
    cells = [source(c) for c in json.loads((nbs/'index.ipynb').read_text(encoding='utf-8'))['cells'] if c['cell_type']=='markdown']
    groups = {}
    for line in '\n'.join(cells).splitlines():
        if m := re.match(r'### (.+)', line): group = groups.setdefault(m[1], [])
        elif m := re.match(r'\| *<img src="(images/thumbs/[^"]+)"[^>]* alt="([^"]+)"> *\| *\[[^]]+\]\((\w+\.ipynb)\) *\| *(\S.*?) *\|$', line): group.append(m[3])
    return {k:v for k,v in groups.items() if v}

def check():
    "Every notebook is in the tour, with its picture and sentence, and no code of the package stays unseen"
    there,listed = sorted(f.name for f in nbs.glob('*.ipynb') if f.stem!='index'), sum(tour().values(), [])
    bad = [f'nbs/index.ipynb: expected a row "| <img src="images/thumbs/{Path(f).stem}.png" width="160" alt="..."> | [{Path(f).stem}]({f}) | a sentence |" '
           f'under a "### Group" of the tour, but found none for {f}' for f in there if f not in listed]
    bad += [f'nbs/index.ipynb: the tour has {f}, which is not in nbs/' for f in listed if f not in there]
    bad += [f'nbs/index.ipynb: expected the notebooks in their order, but found {listed}'] * (not bad and listed!=there)
    bad += [f'nbs/images/thumbs/{Path(f).stem}.png: expected the picture of {f}, but found none; python .ci/thumbs.py makes it'
            for f in there if not (nbs/f'images/thumbs/{Path(f).stem}.png').exists()]
    for f in there:
        for i,c in enumerate(json.loads((nbs/f).read_text(encoding='utf-8'))['cells']):
            if c['cell_type']=='code' and re.match(r'#\| *export\b', source(c)) and re.search(r'^(def|class|@)', source(c), re.M):
                bad.append(f'nbs/{f}, cell {i}: expected "#| exports", which shows the code on its page as well, but found "#| export", which hides it')
    if bad: sys.exit('\n'.join(bad))

def sidebar():
    "The tour's groups as the sidebar, for Quarto too"
    groups = [dict(section=k, contents=v) for k,v in tour().items()]
    text = '# Made from the tour in index.ipynb by .ci/docs.py.\n' + yaml.safe_dump(dict(website=dict(sidebar=dict(contents=['index.ipynb', *groups]))), sort_keys=False)
    if (file := nbs/'sidebar.yml').read_text(encoding='utf-8') != text: file.write_text(text, encoding='utf-8')

def draw(m):
    "A mermaid fence as SVG, described to those who can't see it by its own text"
    text = m[1].strip()
    draw.n += 1
    svg = mermaidx.render(text).svg.replace('my-svg', f'diagram-{draw.n}')
    said = re.search(r'^\s*acc(?:Descr|Title): *(.+)', text, re.M)
    labels = [l.strip('"\'') for l in re.findall(r'[\[({|>]+("[^"]+"|[^\[\](){}|<>]+)[\])}|]+', text)]
    alt = said[1] if said else 'Diagram: ' + ', '.join(dict.fromkeys(labels or text.split()))
    svg = re.sub(r'^<svg([^>]*?) role="[^"]*"( aria-roledescription="[^"]*")?', lambda s: f'<svg{s[1]} role="img" aria-label="{html.escape(alt)}"', svg)
    return f'```{{=html}}\n<div class="diagram">{svg}</div>\n```'
draw.n = 0

def finish(file, host):
    "Make a processed notebook whole without a network: links within the site relative, diagrams drawn"
    text = file.read_text(encoding='utf-8')
    nb = json.loads(text.replace(host, ''))
    for c in nb['cells']:
        if c['cell_type']=='markdown': c['source'] = re.sub(r'^```+ *\{?mermaid\}? *\n(.*?)^```+ *$', draw, source(c), flags=re.M|re.S)
    if (new := json.dumps(nb, indent=1, ensure_ascii=False)) != text: file.write_text(new, encoding='utf-8')

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

def build(live=False):
    start = time.time()
    check()
    refresh_quarto_yml()
    sidebar()
    nbdev.doclinks._build_modidx()
    cfg = get_config()
    warnings.filterwarnings('ignore', 'Found cells containing imports')
    cache = proc_nbs(force=not live)
    for f in cache.glob('*.ipynb'): finish(f, f'{cfg.doc_host}{cfg.doc_baseurl}/')
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
    def attempt():
        try: build(live=True)
        except (Exception, SystemExit) as e: print(e, file=sys.stderr)
    attempt()
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
