"""Build the docs site and read every page in a real browser, with every other host out of reach.

    python .ci/browse.py
      --site DIR     test a site that is built already
      --shots DIR    where the screenshots go, _shots/ if not given

Installs what it needs and does not find: Chromium (Debian's package), Playwright to drive it,
axe-core (npm).
"""
import functools, http.server, json, re, subprocess, sys, tarfile, tempfile, threading, time
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from book import arguments, root
from browser import fresh, launch, need, playwright, sh
from exported import exported

axe,limit = 'axe-core@4.14.1',3e6
# By width of the window, the share of code and output blocks that may be wider than their place.
# A block without a line over 100 characters may not.
most = {1440: 0, 1200: .02}
phone = dict(width=375, height=812)
looks = dict(light={}, dark=dict(dark=True), phone=phone, phone_dark=dict(phone, dark=True))
told = dict(bad_tex='KaTeX could not set', unloaded='image did not load:',
            mute='image without a text alternative:')

def axe_source():
    "The script of axe-core"
    npm = need('npm', package='npm')
    with tempfile.TemporaryDirectory() as d:
        packed = Path(d)/sh(npm, 'pack', '--silent', axe, cwd=d).split()[-1]
        with tarfile.open(packed) as t: return t.extractfile('package/axe.min.js').read().decode()

class Quiet(http.server.SimpleHTTPRequestHandler):
    "Serves files and says nothing of it"
    def log_message(self, *args):
        "Nothing"

def serve(folder):
    "A server of a folder, at a free port of 127.0.0.1"
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    server.handle_error = lambda *a: None       # a page that was left before it had loaded
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server

class Reader:
    "A browser that reaches only the site, writes down faults, and opens each page as if new to it"
    def __init__(self, chromium, base, axe):
        "`base` is the address of the site, `axe` the script of axe-core"
        self.chromium,self.base,self.axe = chromium,base,axe
        self.bad,self.outside,self.requests = [],set(),0

    def say(self, page, what):
        "Write down a fault"
        self.bad.append(f'{page}: {what}')

    def gate(self, name, route):
        "Let a request of a page through, unless it is to another host"
        url = route.request.url
        if url.startswith((self.base, 'data:')): return route.continue_()
        self.outside.add(url)
        self.say(name, f'request to another host: {url}')
        route.abort()

    def answered(self, name, tab, r):
        "Note what a request of a page was answered with"
        self.requests += 1
        if r.status >= 400: self.say(name, f'{r.status} for {r.url}')
        elif r.url.startswith(self.base): tab.weight += int(r.headers.get('content-length', 0))

    def open(self, name, width=1280, height=900, dark=False):
        "A tab with a page of the site"
        context = fresh(self.chromium, width, height, dark)
        context.add_init_script(path=root/'.ci/browse.js')
        context.route('**/*', functools.partial(self.gate, name))
        tab = context.new_page()
        tab.weight = 0
        tab.on('response', functools.partial(self.answered, name, tab))
        tab.on('console', lambda m: m.type=='error' and self.say(name, f'console: {m.text}'))
        tab.on('pageerror', lambda e: self.say(name, f'script error: {e}'))
        tab.goto(self.base+name, wait_until='load')
        tab.evaluate('document.fonts.ready.then(() => 0)')
        tab.wait_for_timeout(100)
        return tab

    def accessible(self, tab, name):
        "Whether axe-core finds nothing serious"
        tab.evaluate(self.axe)
        for impact,rule,n,node,why in tab.evaluate('reader.violations()'):
            if impact not in ('serious', 'critical'): continue
            self.say(name, f'accessibility, {impact}: {rule}, {n} times, first at {node}\n'
                           f'    {why}')

def on_page(got, symbols):
    "What is wrong with what a page holds"
    if got['tex']: yield f'raw TeX in the text: {got["tex"]}'
    yield from (f'{what} {o}' for k,what in told.items() for o in got[k])
    if got['undrawn']: yield f'{got["undrawn"]} diagrams not drawn'
    yield from (f'expected {part}, but found none' for part in got['parts'])
    for href in got['nav']:
        url = urldefrag(href)[0]
        if url and not urlsplit(url).path.endswith(('.html', './', '/')):
            yield f'the navigation lists {href}'
    for s in symbols:
        if s not in got['documented']:
            yield ('expected a section with a signature and a link to the source for the exported '
                   f'{s}, but found none')
    for s,anchor in got['documented'].items():
        if anchor.lower() != s.lower():
            yield f'expected the anchor #{s.lower()} for {s}, but found #{anchor}'
    for anchor,n in Counter(got['ids']).items():
        if n > 1: yield f'{n} places with the anchor #{anchor}'
    if got['weight'] > limit:
        yield f'{got["weight"]/1e6:.1f} MB to load, {limit/1e6:.0f} at most expected'

def fits(r, tab, name):
    "By width of the window, how many blocks a page has, and the beginnings of those cut off"
    found = {}
    for width in most:
        tab.set_viewport_size(dict(width=width, height=900))
        n,cut,short = tab.evaluate('reader.cut()')
        found[width] = n,cut
        for text in short:
            r.say(name, f'expected 100 characters to fit at {width} px, but cuts off {text!r}')
    return found

def cut_off(r, pages):
    "What share of all blocks is cut off, in words, and a fault if it is too large"
    for width in most:
        found = {page: got['fits'][width] for page,got in pages.items()}
        n,cut = sum(n for n,_ in found.values()), sum(len(texts) for _,texts in found.values())
        share = cut/max(n, 1)
        if share > most[width]:
            where = {page: texts for page,(_,texts) in found.items() if texts}
            said = f'{share:.1%} of blocks cut off, {where}, but expected {most[width]:.0%}'
            r.say(f'{width} px', said)
        yield f'{cut} of {n} blocks cut off at {width} px ({share:.1%})'

def read_light(r, name, symbols):
    "One page by day, and what it holds"
    tab = r.open(name)
    got = dict(tab.evaluate('reader.look()'), weight=tab.weight)
    for fault in on_page(got, symbols): r.say(name, fault)
    r.accessible(tab, f'{name} (light)')
    got['fits'] = fits(r, tab, name)
    tab.context.close()
    return got

def read_dark(r, name):
    "One page by night"
    tab = r.open(name, dark=True)
    r.accessible(tab, f'{name} (dark)')
    tab.context.close()

def read_phone(r, name):
    "One page on a phone"
    tab = r.open(name, **phone)
    over,who = tab.evaluate('reader.wide()')
    if over > 0 or who:
        r.say(name, f'too wide for 375 px: scrolls sideways by {over}, and cuts off {who}')
    r.accessible(tab, f'{name} (phone)')
    tab.context.close()

def read(r, name, symbols):
    "One page in all its looks, and what it holds"
    got = read_light(r, name, symbols)
    read_dark(r, name)
    read_phone(r, name)
    print(f'{name:26}{got["weight"]/1e6:6.2f} MB{got["formulas"]:5} formulas',
          f'{got["images"]:3} images{len(got["links"]):5} links',
          f'{len(got["fits"][1440][1]):3} cut off', flush=True)
    return got

def links_of(site, pages):
    "The links of the pages, of the search, and of the pages as text: where they stand, and to what"
    for page,got in pages.items(): yield from ((page, href) for href in got['links'])
    for entry in json.loads((site/'search.json').read_text(encoding='utf-8')):
        yield 'search.json', entry['href']
    for md in site.rglob('*.llms.md'):
        text = md.read_text(encoding='utf-8')
        text = re.sub(r'^ *(```+).*?^ *\1', '', text, flags=re.M|re.S)      # code
        for href in re.findall(r'(?<!!)\]\(([^)\s]+)\)', text):
            yield md.relative_to(site).as_posix(), href

def links(r, site, pages):
    "Every link within the site leads to a file and, with a #, to a place on it"
    n,elsewhere = 0,set()
    for page,href in links_of(site, pages):
        url,place = urldefrag(urljoin(r.base+page, href))
        if not url.startswith(r.base):
            if url.startswith('http://127.0.0.1'): r.say(page, f'link out of the site: {href}')
            elif url.startswith('http'): elsewhere.add(url)
            continue
        n += 1
        name = unquote(url[len(r.base):]) or 'index.html'
        if not (site/name).is_file(): r.say(page, f'dead link: {href}')
        elif place and name in pages and unquote(place) not in pages[name]['ids']:
            r.say(page, f'dead anchor: {href}')
    return n,elsewhere

def hits(tab, query):
    "Where the results of a search lead, each with its text"
    if tab.viewport_size['width'] < 992:
        tab.locator('.navbar-toggler').click()
        tab.wait_for_timeout(500)
    tab.locator('.smalldocs-search input:visible').first.fill(query)
    try: tab.wait_for_selector('.search-result', timeout=5000)
    except Exception: return []
    ask = 'es => es.map(e => [e.getAttribute("href"), e.textContent])'
    return tab.eval_on_selector_all('.search-result', ask)

def entered(tab):
    "Where Enter leads from a search"
    tab.locator('.smalldocs-search input:visible').first.focus()
    tab.keyboard.press('Enter')
    tab.wait_for_timeout(300)
    return tab.url

def search(r, shot, name, query, target, **look):
    "Typing a symbol's name finds the page that explains it, readably, and Enter goes there"
    tab,name = r.open(name, **look), f'{name} ({shot.stem})'
    found = hits(tab, query)
    if not found: return r.say(name, f'a search for {query} finds nothing')
    right = [h for h,text in found if query in text]
    if r.base+target not in [urldefrag(urljoin(tab.url, h))[0] for h in right]:
        r.say(name, f'a search for {query} finds {[h for h,_ in found]}, but not {target}')
    r.accessible(tab, f'{name}, with a search open')
    tab.screenshot(path=shot)
    url = entered(tab)
    if not urlsplit(url).path.endswith(target):
        r.say(name, f'a search for {query} leads to {url}, not to {target}')
    tab.context.close()

def searches(r, folder, pages, target):
    "A search on home in every look, and one on a page in a folder"
    for kind,look in looks.items():
        search(r, folder/f'search-{kind}.png', 'index.html', 'lin_grad', target, **look)
    inner = next((page for page in pages if '/' in page), None)
    if inner: search(r, folder/'search-folder.png', inner, 'lin_grad', target)

def shots(r, folder, section):
    "Home, a notebook and an API section, as a reader would see them"
    pages = dict(home='index.html', notebook=section.split('#')[0], api=section)
    for kind,look in looks.items():
        for what,name in pages.items():
            tab = r.open(name, **look)
            tab.screenshot(path=folder/f'{what}-{kind}.png', full_page=what=='home')
            tab.context.close()

def pages_of(site):
    "The pages, home first, then the lessons', then those in folders"
    found = [f.relative_to(site) for f in site.rglob('*.html')]
    own = [f.as_posix() for f in found if f.parts[0] not in ('site_libs', 'katex', 'images')]
    return sorted(own, key=lambda n: (n!='index.html', n.count('/'), n))

def read_all(r, site, folder):
    "Every page, every link, the search, and screenshots; says what it has read"
    symbols = exported()
    pages = {name: read(r, name, symbols.get(name, ())) for name in pages_of(site)}
    for page in set(symbols) - set(pages):
        r.say(page, 'expected a page for this module, but found none')
    n,elsewhere = links(r, site, pages)
    target = next((p for p,names in symbols.items() if 'lin_grad' in names), 'backward.html')
    searches(r, folder, pages, target)
    shots(r, folder, f'{target}#lin_grad')
    print(*cut_off(r, pages), sep='\n')
    print(f'{len(pages)} pages, {n} links within the site, {len(elsewhere)} to elsewhere '
          f'(not followed), {r.requests} requests, {len(r.outside)} to other hosts')

def browse(site, folder):
    "The faults of a built site; screenshots go into `folder`"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as d, playwright() as driver:
        (Path(d)/'book').symlink_to(site)           # below a folder, as on the web
        server,chromium = serve(d),launch(driver)
        r = Reader(chromium, f'http://127.0.0.1:{server.server_port}/book/', axe_source())
        read_all(r, site, folder)
        chromium.close()
        server.shutdown()
    return r.bad

def main():
    "Build the site, if none is given, and say what is wrong with it"
    parser = arguments(__doc__)
    parser.add_argument('--site', type=Path)
    parser.add_argument('--shots', type=Path, default=root/'_shots')
    args = parser.parse_args()
    start = time.time()
    if not args.site: subprocess.run([sys.executable, root/'.ci/docs.py', 'build'], check=True)
    bad = browse((args.site or root/'_docs').resolve(), args.shots)
    print(f'{time.time()-start:.0f} s')
    if bad: sys.exit('\n'.join(dict.fromkeys(bad)))

main()
