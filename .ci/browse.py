"""Build the docs site and read every page in a real browser, with every other host out of reach.

    python .ci/browse.py
      --site DIR     test a site that is built already
      --shots DIR    where the screenshots go, _shots/ if not given

Installs what it needs and does not find: Chromium (Debian's package), Playwright to drive it, axe-core (npm).
"""
import argparse, ast, functools, http.server, importlib.util, json, os, re, shutil, subprocess, sys, tarfile, tempfile, threading, time
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

root = Path(__file__).resolve().parent.parent
axe,limit = 'axe-core@4.14.1',3e6
# By width of the window, the share of code and output blocks that may be wider than their place: 0
# and .02 once no line is longer than 100 characters. A shorter one cut off is a fault today.
most = {1440: 1, 1200: 1}
chrome_on_mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

looks = dict(light={}, dark=dict(dark=True), phone=dict(width=375, height=812), phone_dark=dict(width=375, height=812, dark=True))

def sh(*args, **kw): return subprocess.run(args, check=True, capture_output=True, text=True, **kw).stdout

def need(*names, package):
    "The path of the first of these programs, installed through apt if none is there"
    find = lambda: next(filter(None, map(shutil.which, names)), None)
    if not find() and shutil.which('apt-get'):
        sudo = [] if os.geteuid()==0 else ['sudo']
        sh(*sudo, 'apt-get', 'update', '-q')
        sh(*sudo, 'apt-get', 'install', '-qy', '--no-install-recommends', package)
    return find() or sys.exit(f'expected one of {", ".join(names)}, but found none')

def playwright():
    if not importlib.util.find_spec('playwright'): sh(sys.executable, '-m', 'pip', 'install', '-q', '-c', str(root/'constraints.txt'), 'playwright')
    from playwright.sync_api import sync_playwright
    return sync_playwright

def axe_source():
    npm = need('npm', package='npm')
    with tempfile.TemporaryDirectory() as d, tarfile.open(Path(d)/sh(npm, 'pack', '--silent', axe, cwd=d).split()[-1]) as t:
        return t.extractfile('package/axe.min.js').read().decode()

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *a): pass

def serve(folder):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=folder))
    server.handle_error = lambda *a: None       # a page that was left before it had loaded
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server

# What a page holds, asked in the page. TeX is looked for in what a reader sees, code aside.
LOOK = r"""() => {
  const seen = document.body.cloneNode(true)
  seen.querySelectorAll('pre, code, script, style, .katex-mathml').forEach(e => e.remove())
  const tex = seen.textContent.match(/\\([a-zA-Z]{2,}|[()[\]])|\$\$|\$\\/g) || []
  return {tex: [...new Set(tex)], bad_tex: [...document.querySelectorAll('.katex-error')].map(e => e.title || e.textContent),
    undrawn: document.querySelectorAll('pre.mermaid, code.language-mermaid, .sourceCode.mermaid').length,
    formulas: document.querySelectorAll('.katex').length,
    ids: [...document.querySelectorAll('[id], a[name]')].map(e => e.id || e.name),
    documented: Object.fromEntries([...document.querySelectorAll('a.source')].map(a => a.closest('.cell-output-markdown')).filter(d => d.querySelector('pre'))
      .map(d => [d.querySelector('a.source').title.split(' ')[0], d.querySelector('h3').id])),
    links: [...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href')),
    nav: [...document.querySelectorAll('#quarto-sidebar a[href], nav.page-navigation a[href]')].map(a => a.getAttribute('href')),
    parts: ['#quarto-sidebar', 'nav#TOC', '.smalldocs-search input', '.page-navigation a'].filter(s => !document.querySelector(s)),
    unloaded: [...document.images].filter(i => !(i.complete && i.naturalWidth)).map(i => i.currentSrc.slice(0, 80)),
    images: document.images.length,
    mute: [...document.querySelectorAll('img, svg[role=img]')].filter(i => !(i.alt || i.getAttribute('aria-label') || '').trim()).map(i => i.outerHTML.slice(0, 80))}}"""
# How far the page scrolls sideways, with every fold open; and what it cuts off where nothing scrolls
WIDE = """() => { document.querySelectorAll('details').forEach(d => d.open = true)
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth
  const scrolls = e => e && e !== document.body && (['auto', 'scroll'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement))
  const out = [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth+1 && !e.closest('.katex-mathml, .visually-hidden, .katex .hide-tail') && !scrolls(e))
  return [over, out.slice(0,3).map(e => e.outerHTML.slice(0, 120))] }"""
# How many code and output blocks there are, how many are wider than their place, and which of these
# have no line over 100 characters
CUT = r"""() => { document.querySelectorAll('main details').forEach(d => d.open = true)
  const blocks = document.querySelectorAll('main pre, main .cell-output-display')
  const all = [...blocks].filter(e => e.clientWidth)
  const cut = all.filter(e => e.scrollWidth > e.clientWidth+1)
  const long = e => e.innerText.split('\n').some(l => l.length > 100)
  const short = cut.filter(e => e.matches('pre') && !long(e))
  return [all.length, cut.length, short.map(e => e.innerText.slice(0, 60))] }"""
AXE = "() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 160), v.nodes[0].failureSummary.slice(0, 300)]))"

class Reader:
    "A browser that can reach the site, writes down what goes wrong, and is given a fresh profile for each look"
    def __init__(self, chromium, base, axe):
        self.chromium,self.base,self.axe = chromium,base,axe
        self.bad,self.outside,self.requests = [],set(),0
    def say(self, page, what): self.bad.append(f'{page}: {what}')

    def open(self, name, width=1280, height=900, dark=False):
        ctx = self.chromium.new_context(viewport=dict(width=width, height=height), color_scheme='dark' if dark else 'light', reduced_motion='reduce')
        tab,weight = ctx.new_page(),[]
        def gate(route):
            url = route.request.url
            if url.startswith((self.base, 'data:')): route.continue_()
            else: self.outside.add(url); self.say(name, f'request to another host: {url}'); route.abort()
        def answered(r):
            self.requests += 1
            if r.status >= 400: self.say(name, f'{r.status} for {r.url}')
            elif r.url.startswith(self.base): weight.append(int(r.headers.get('content-length', 0)))
        ctx.route('**/*', gate)
        tab.on('response', answered)
        tab.on('console', lambda m: m.type=='error' and self.say(name, f'console: {m.text}'))
        tab.on('pageerror', lambda e: self.say(name, f'script error: {e}'))
        tab.goto(self.base+name, wait_until='load')
        tab.evaluate('document.fonts.ready.then(() => 0)')
        tab.wait_for_timeout(100)
        tab.weight = sum(weight)
        return tab

    def accessible(self, tab, name):
        tab.evaluate(self.axe)
        for impact,rule,n,node,why in tab.evaluate(AXE):
            if impact in ('serious', 'critical'): self.say(name, f'accessibility, {impact}: {rule}, {n} times, first at {node}\n    {why}')

def fits(r, tab, name):
    "By width of the window, how many blocks a page has and how many of them are cut off"
    found = {}
    for width in most:
        tab.set_viewport_size(dict(width=width, height=900))
        n,cut,short = tab.evaluate(CUT)
        found[width] = n,cut
        for text in short:
            r.say(name, f'expected 100 characters to fit at {width} px, but cuts off {text!r}')
    return found

def cut_off(r, pages):
    "What share of all blocks is cut off, in words, and a fault if it is too large"
    for width in most:
        n,cut = map(sum, zip(*(got['fits'][width] for got in pages.values())))
        share = cut/max(n, 1)
        if share > most[width]:
            where = [p for p,got in pages.items() if got['fits'][width][1]]
            said = f'{share:.1%} of blocks cut off, on {where}, but expected {most[width]:.0%}'
            r.say(f'{width} px', said)
        yield f'{cut} of {n} blocks cut off at {width} px ({share:.1%})'

def read(r, name, symbols):
    "One page: light, dark and on a phone"
    tab = r.open(name)
    got = tab.evaluate(LOOK)
    if got['tex']: r.say(name, f'raw TeX in the text: {got["tex"]}')
    for k,what in dict(bad_tex='KaTeX could not set', unloaded='image did not load:', mute='image without a text alternative:').items():
        for o in got[k]: r.say(name, f'{what} {o}')
    if got['undrawn']: r.say(name, f'{got["undrawn"]} diagrams not drawn')
    for p in got['parts']: r.say(name, f'expected {p}, but found none')
    for h in got['nav']:
        if not urlsplit(urldefrag(h)[0]).path.endswith(('.html', './', '/')) and urldefrag(h)[0]: r.say(name, f'the navigation lists {h}')
    for s in symbols:
        if s not in got['documented']: r.say(name, f'expected a section with a signature and a link to the source for the exported {s}, but found none')
    for s,anchor in got['documented'].items():
        if anchor.lower() != s.lower(): r.say(name, f'expected the anchor #{s.lower()} for {s}, but found #{anchor}')
    for i in {i for i in got['ids'] if got['ids'].count(i) > 1}: r.say(name, f'{got["ids"].count(i)} places with the anchor #{i}')
    if tab.weight > limit: r.say(name, f'{tab.weight/1e6:.1f} MB to load, {limit/1e6:.0f} at most expected')
    r.accessible(tab, f'{name} (light)')
    got.update(weight=tab.weight, fits=fits(r, tab, name))
    tab.context.close()
    tab = r.open(name, dark=True)
    r.accessible(tab, f'{name} (dark)')
    tab.context.close()
    tab = r.open(name, 375, 812)
    over,who = tab.evaluate(WIDE)
    if over > 0 or who: r.say(name, f'too wide for 375 px: scrolls sideways by {over}, and cuts off {who}')
    r.accessible(tab, f'{name} (phone)')
    tab.context.close()
    return got

def links(r, site, pages):
    "Every link within the site leads to a file and, with a #, to a place on it"
    n,out = 0,set()
    found = [(p, h) for p,got in pages.items() for h in got['links']]
    found += [('search.json', e['href']) for e in json.loads((site/'search.json').read_text(encoding='utf-8'))]
    for md in site.rglob('*.llms.md'):
        text = re.sub(r'^ *(```+).*?^ *\1', '', md.read_text(encoding='utf-8'), flags=re.M|re.S)    # code
        name = md.relative_to(site).as_posix()
        found += [(name, h) for h in re.findall(r'(?<!!)\]\(([^)\s]+)\)', text)]
    for page,href in found:
        url,place = urldefrag(urljoin(r.base+page, href))
        if not url.startswith(r.base):
            if url.startswith('http://127.0.0.1'): r.say(page, f'link out of the site: {href}')
            elif url.startswith('http'): out.add(url)
            continue
        n += 1
        name = unquote(url[len(r.base):]) or 'index.html'
        if not (site/name).is_file(): r.say(page, f'dead link: {href}')
        elif place and name in pages and unquote(place) not in pages[name]['ids']: r.say(page, f'dead anchor: {href}')
    return n,out

def search(r, where, name, query, target, kind, **kw):
    "Typing a symbol's name finds the page that explains it, readably, and Enter goes there"
    tab,name = r.open(name, **kw), f'{name} ({kind})'
    if kw.get('width', 1280) < 992:
        tab.locator('.navbar-toggler').click()
        tab.wait_for_timeout(500)
    tab.locator('.smalldocs-search input:visible').first.fill(query)
    try: tab.wait_for_selector('.search-result', timeout=5000)
    except Exception: return r.say(name, f'a search for {query} finds nothing')
    hits = tab.eval_on_selector_all('.search-result', 'es => es.map(e => [e.getAttribute("href"), e.textContent])')
    leads = lambda h: urldefrag(urljoin(tab.url, h))[0]==r.base+target
    if not any(leads(h) and query in text for h,text in hits):
        r.say(name, f'a search for {query} finds {[h for h,_ in hits]}, but not {target}')
    r.accessible(tab, f'{name}, with a search open')
    tab.screenshot(path=where/f'search-{kind}.png')
    tab.locator('.smalldocs-search input:visible').first.focus()
    tab.keyboard.press('Enter')
    tab.wait_for_timeout(300)
    if not urlsplit(tab.url).path.endswith(target): r.say(name, f'a search for {query} leads to {tab.url}, not to {target}')
    tab.context.close()

def shots(r, where, section):
    "Home, a notebook and an API section, as a reader would see them"
    for kind,kw in looks.items():
        for what,name in dict(home='index.html', notebook=section.split('#')[0], api=section).items():
            tab = r.open(name, **kw)
            tab.screenshot(path=where/f'{what}-{kind}.png', full_page=what=='home')
            tab.context.close()

def names(file):
    "The names in a module's `__all__`"
    for o in ast.parse(file.read_text(encoding='utf-8')).body:
        found = isinstance(o, ast.Assign) and o.targets[0].id=='__all__'
        if found: return ast.literal_eval(o.value)
    return ()

def own(file):
    "The names that a module defines itself; what it only passes on has its section where it is made"
    made = set()
    for o in ast.parse(file.read_text(encoding='utf-8')).body:
        if isinstance(o, (ast.FunctionDef, ast.ClassDef)): made.add(o.name)
        if isinstance(o, ast.Assign): made |= {t.id for t in o.targets if isinstance(t, ast.Name)}
    return made

def exported():
    "The names that modules export, by the page of the notebook that each is made from"
    found = {}
    for f in sorted((root/'mlp_backprop').rglob('*.py')):
        made = re.search(r'^# AUTOGENERATED! .*: (\S+\.ipynb)', f.read_text(encoding='utf-8'), re.M)
        if made:
            nb = (f.parent/made[1]).resolve().relative_to(root/'nbs')
            page = nb.with_name(re.sub(r'^\d+[a-z0-9]*_', '', nb.name.lower())).with_suffix('.html')
            found[page.as_posix()] = [n for n in names(f) if n in own(f)]
    return found

def pages_of(site):
    "The pages, home first, then the lessons', then those in folders"
    found = [f.relative_to(site) for f in site.rglob('*.html')]
    own = [f.as_posix() for f in found if f.parts[0] not in ('site_libs', 'katex', 'images')]
    return sorted(own, key=lambda n: (n!='index.html', n.count('/'), n))

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--site', type=Path); ap.add_argument('--shots', type=Path, default=root/'_shots')
    a = ap.parse_args()
    start = time.time()
    if not a.site: subprocess.run([sys.executable, root/'.ci/docs.py', 'build'], check=True)
    site = (a.site or root/'_docs').resolve()
    found,symbols = pages_of(site),exported()
    where = next((p for p,s in symbols.items() if 'lin_grad' in s), 'backward.html')
    with tempfile.TemporaryDirectory() as d, playwright()() as p:
        (Path(d)/'book').symlink_to(site)           # below a folder, as on the web
        server = serve(d)
        args = ['--disable-gpu', '--disable-background-networking', '--no-sandbox']
        chromium = p.chromium.launch(executable_path=need('chromium', 'google-chrome', chrome_on_mac, package='chromium'), args=args)
        r = Reader(chromium, f'http://127.0.0.1:{server.server_port}/book/', axe_source())
        pages = {}
        for n in found:
            pages[n] = got = read(r, n, symbols.get(n, ()))
            print(f'{n:26}{got["weight"]/1e6:6.2f} MB{got["formulas"]:5} formulas',
                  f'{got["images"]:3} images{len(got["links"]):5} links',
                  f'{got["fits"][1440][1]:3} cut off', flush=True)
        for page in set(symbols) - set(pages): r.say(page, 'expected a page for this module, but found none')
        n,out = links(r, site, pages)
        a.shots.mkdir(exist_ok=True)
        for kind,kw in looks.items(): search(r, a.shots, 'index.html', 'lin_grad', where, kind, **kw)
        inner = next((n for n in found if '/' in n), None)
        if inner: search(r, a.shots, inner, 'lin_grad', where, 'folder')
        shots(r, a.shots, f'{where}#lin_grad')
        chromium.close(); server.shutdown()
    print(*cut_off(r, pages), sep='\n')
    print(f'{len(pages)} pages, {n} links within the site, {len(out)} to elsewhere (not followed), {r.requests} requests, {len(r.outside)} to other hosts, {time.time()-start:.0f} s')
    if r.bad: sys.exit('\n'.join(dict.fromkeys(r.bad)))

main()
