"""Open the step-through viewer in a real browser, use it as a reader would, and hold its numbers against PyTorch's gradients.

    python .ci/see_browser.py                 fresh viewers, and those saved in the notebooks
      --shots FOLDER    save screenshots there: light, dark and phone, at several steps
"""
import argparse, importlib.util, json, re, shutil, subprocess, sys, tempfile, torch
from pathlib import Path
from mlp_backprop.graph import Residual, Tanh
from mlp_backprop.module import Sequential, Lin, Relu, Mse, Module
from mlp_backprop.see import step_through

root = Path(__file__).resolve().parent.parent
page_top = ('<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>viewer</title>'
            '<style>body{margin:16px;max-width:760px;font-family:sans-serif;background:#fff;color:#1b1f24}'
            '@media(prefers-color-scheme:dark){body{background:#15181c;color:#e8e8e8}}</style><main>')

class Table(Module):
    "Mean squared error of a whole table"
    def forward(self, inp, targ): return (inp-targ).pow(2).mean()
    def bwd(self, out, inp, targ): inp.g = 2*(inp-targ) / targ.numel()

class Averaged(Lin):
    def bwd(self, out, inp):
        super().bwd(out, inp)
        self.b.g = out.g.mean(0)

def viewers():
    "Name to (model, inputs, targets): small, wide, of unknown layers, with branches and a shared weight, wrong"
    g = torch.Generator().manual_seed(0)
    def r(*s): return torch.randn(s, generator=g)
    w = r(3,3)
    return dict(
        small = (Sequential(Lin(r(3,4),r(4)), Relu(), Lin(r(4,2),r(2)), loss=Table()), r(3,3), r(3,2)),
        wide  = (Sequential(Lin(r(40,30),r(30)), Relu(), Lin(r(30,1),r(1)), loss=Mse()), r(20,40), r(20)),
        deep  = (Sequential(Sequential(Lin(r(3,4),r(4)), Tanh()), Sequential(Lin(r(4,3),r(3)), Relu()), Lin(r(3,1),r(1)), loss=Mse()), r(2,3), r(2)),
        branch = (Sequential(Lin(w,r(3)), Residual(Sequential(Lin(w,r(3)), Residual(Tanh()))), Lin(r(3,1),r(1)), loss=Mse()), r(2,3), r(2)),
        wrong = (Sequential(Averaged(r(3,4),r(4)), Relu(), Lin(r(4,1),r(1)), loss=Mse()), r(3,3), r(3)))

def autograd(model, x, targ):
    "PyTorch's gradients of inputs and parameters, by the names of the picture"
    old = [(m,k,t) for m in model.modules() for k,t in vars(m).items() if isinstance(t, torch.Tensor) and t.is_leaf and k in m._set_in_init]
    leaf,n,leaves,seen = x.clone().requires_grad_(),0,{},{}
    for m,k,t in old:
        n += k=='w'
        if id(t) not in seen: seen[id(t)] = leaves[f'{k}{n}.g'] = t.clone().requires_grad_()
        setattr(m, k, seen[id(t)])
    model(leaf, targ).backward()
    for m,k,t in old: setattr(m, k, t)
    return {k: t.grad for k,t in dict(leaves, **{'x.g': leaf}).items()}

read = """() => Object.fromEntries([...document.querySelectorAll('.see svg [data-s]:not(.off) [data-i] title')].map(t => t.textContent.split(' = ')))"""
state = """() => ({step: +document.querySelector('.see input').value, last: +document.querySelector('.see input').max,
    title: document.querySelector('.see .title').textContent, picked: document.querySelector('.see .why p code')?.textContent ?? ''})"""

bad = []
def check(ok, msg):
    if not ok: bad.append(msg); print('!!', msg)

class Reader:
    "Pages of viewers, with every complaint of the browser kept"
    def __init__(self, browser, folder): self.browser,self.folder = browser,folder
    def open(self, name, *html, width=800, js=True, dark=False):
        file = self.folder/f'{name}.html'
        file.write_text(page_top + '\n'.join(html) + '</main></html>', encoding='utf-8')
        ctx = self.browser.new_context(viewport=dict(width=width, height=800 if width>400 else 667), java_script_enabled=js,
                                       color_scheme='dark' if dark else 'light', reduced_motion='reduce')
        page = ctx.new_page()
        page.on('pageerror', lambda e: check(False, f'{name}: script error: {e}'))
        page.on('console', lambda m: check(m.type!='error', f'{name}: console: {m.text}'))
        page.on('request', lambda q: check(q.url.startswith(('file:','data:')), f'{name}: asked for {q.url}'))
        page.goto(file.as_uri())
        return page

def steps(page, name):
    "Through all steps with the button, and back with the keys; each step has its title and its sum"
    last = page.evaluate(state)['last']
    for n in range(1, last+1):
        page.get_by_label('One step on').first.click()
        s = page.evaluate(state)
        check(s['step']==n and s['title'], f'{name}: expected step {n}, but found {s}')
        check(s['picked'] or 'Given' in s['title'], f'{name}, step {n}: no entry explained')
    page.locator('.see').first.focus()
    page.keyboard.press('ArrowLeft'); check(page.evaluate(state)['step']==last-1, f'{name}: the left arrow key did not step back')
    page.keyboard.press('Home');      check(page.evaluate(state)['step']==0, f'{name}: Home did not go to the start')
    page.keyboard.press('End');       check(page.evaluate(state)['step']==last, f'{name}: End did not go to the end')
    page.keyboard.press(' '); check(page.get_by_label('Pause').count()==1, f'{name}: the space key did not play')
    page.keyboard.press(' '); check(page.get_by_label('Pause').count()==0, f'{name}: the space key did not pause')
    page.keyboard.press('End')

def gradients(page, name, want):
    "Every number on the page that has a gradient equals PyTorch's"
    shown,n = page.evaluate(read),0
    for key,text in shown.items():
        m = re.match(r'(.+\.g)\[([\d,]+)\]', key)
        if not m or m[1] not in want: continue
        there,n = want[m[1]][tuple(map(int, m[2].split(',')))].item(),n+1
        check(abs(float(text)-there) <= 1e-5 + 1e-4*abs(there), f'{name}: {key} is {text} on the page, but PyTorch has {there}')
    return n

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--shots', type=Path)
    shots = ap.parse_args().shots
    if not importlib.util.find_spec('playwright'): subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', '-c', str(root/'constraints.txt'), 'playwright'], check=True)
    from playwright.sync_api import sync_playwright
    chromium = shutil.which('chromium') or shutil.which('google-chrome') or sys.exit('expected chromium or google-chrome, but found neither')
    with sync_playwright() as p, tempfile.TemporaryDirectory() as d:
        browser = p.chromium.launch(executable_path=chromium, args=['--no-sandbox', '--disable-gpu', '--disable-background-networking'])
        r,pages,counted = Reader(browser, Path(d)),{},0
        for name,(model,x,targ) in viewers().items():
            page = r.open(name, html := step_through(model, x, targ)._repr_html_())
            pages[name] = html
            check(len(html.encode())<200_000, f'{name}: {len(html.encode())} bytes')
            steps(page, name)
            if name!='wrong': counted += gradients(page, name, autograd(model, x, targ))
        check(counted==102, f'expected 102 gradients to compare, 35 in small, 41 in deep, 25 in branch and 1 in wide, but found {counted}')
        print(f'{counted} gradients on the page equal those of PyTorch; the 3-4-2 viewer has {len(pages["small"].encode()):,} bytes')

        page = r.open('click', pages['small'])                           # an entry of w1.g shows the products that make it
        page.keyboard.press('Tab'); page.locator('.see').first.focus(); page.keyboard.press('End')
        entry = page.locator('.see svg [data-i]', has=page.locator('title', has_text='w1.g[2,1]')).first
        entry.hover(force=True)                                          # pointing at it links it to the six it came from
        check(page.locator('.see svg .src').count()==6 and page.locator('.see svg .link').count()==6, 'pointing at w1.g[2,1] did not link it to its sources')
        entry.click(force=True)
        s,parts = page.evaluate(state),page.locator('.see .why .part').all_inner_texts()
        check(s['picked'].startswith('w1.g[2,1]'), f'clicked w1.g[2,1], but found {s["picked"]} explained')
        nums = [float(t.lstrip('= ').replace('−','-')) for t in parts]
        check(len(nums)==4 and abs(sum(nums[:3])-nums[3]) < .02, f'expected three products and their sum, but found {parts}')
        check(page.locator('.see svg .src').count()==6, 'expected the six entries that w1.g[2,1] came from to be marked')
        page.keyboard.press('ArrowDown'); check(page.evaluate(state)['picked'].startswith('w1.g[2,2]'), 'the down arrow key did not choose the next entry')

        page = r.open('told', pages['wrong'])                            # a wrong gradient is told
        page.locator('.see').first.focus()
        told = []
        for _ in range(page.evaluate(state)['last']):
            page.keyboard.press('ArrowRight')
            if page.locator('.see .warn').count(): told.append(page.evaluate(state)['picked'].split('[')[0])
        check(told==['b1.g'], f'expected the wrong b1.g to be told, but found {told}')

        page = r.open('two', pages['small'], step_through(*viewers()['small'])._repr_html_())       # two on a page
        page.get_by_label('One step on').nth(1).click()
        check(page.evaluate("() => [...document.querySelectorAll('.see input')].map(i => i.value)")==['0','1'], 'two viewers on a page are not apart')
        ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map(e => e.id)")
        check(len(ids)==len(set(ids)), f'ids twice on a page: {ids}')

        page = r.open('still', pages['small'], js=False)                 # no script: the finished picture
        box = page.locator('.see img').bounding_box()
        check(box and box['height']>300, f'expected the still picture without scripts, but found {box}')
        check(page.locator('.see details li').count()==12, 'expected the pass in words without scripts')

        for name in pages:                                               # a phone
            page = r.open(f'{name}-phone', pages[name], width=375)
            page.locator('.see').first.focus()
            for n in range(page.evaluate(state)['last']+1):
                wide = page.evaluate('document.documentElement.scrollWidth')
                check(wide<=375, f'{name}, step {n}: {wide} pixels wide on a phone of 375')
                page.keyboard.press('ArrowRight')
        if shots:
            shots.mkdir(parents=True, exist_ok=True)
            for name in pages:
                for look in (dict(), dict(dark=True), dict(width=375)):
                    page = r.open(name, pages[name], **look)
                    last = page.evaluate(state)['last']
                    for n in (0, 1, last//2+2, last):
                        page.evaluate("n => { const i = document.querySelector('.see input'); i.value = n; i.oninput(); }", n)
                        page.screenshot(path=shots/f"{name}-{'-'.join(map(str, look)) or 'light'}-{n}.png")
        saved,nbs = 0,root/'nbs'                                         # those that the notebooks were saved with
        for file in sorted([*nbs.glob('*.ipynb'), *nbs.glob('[!._]*/*.ipynb')]):
            for i,c in enumerate(json.loads(file.read_text(encoding='utf-8'))['cells']):
                for o in c.get('outputs', []):
                    html = ''.join(o.get('data', {}).get('text/html', ''))
                    if 'class="see"' in html: saved += 1; steps(r.open(f'{file.stem}-{i}', html), f'{file.name}, cell {i}')
        browser.close()
        print(f'{saved} viewers in the notebooks stepped through')
    sys.exit('\n'.join(bad) if bad else 0)

main()
