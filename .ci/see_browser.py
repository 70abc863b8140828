"""Use the step-through viewer in a real browser, and compare its numbers with PyTorch's gradients.

    python .ci/see_browser.py                 fresh viewers, and those saved in the notebooks
      --shots FOLDER    save screenshots there: light, dark and phone, at several steps
"""
import re, sys, tempfile, torch
from pathlib import Path
from mlp_backprop.graph import Residual, Tanh
from mlp_backprop.module import Sequential, Lin, Relu, Mse, Module
from mlp_backprop.see import step_through
from book import arguments, cells, notebooks
from browser import fresh, launch, playwright

page_top = '''<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>viewer</title>
<style>body { margin: 16px; max-width: 760px; font-family: sans-serif }
body { background: #fff; color: #1b1f24 }
@media(prefers-color-scheme: dark) { body { background: #15181c; color: #e8e8e8 } }</style><main>'''

# What a page is asked
numbers = """() => Object.fromEntries(
    [...document.querySelectorAll('.see svg [data-s]:not(.off) [data-i] title')].map(
        t => t.textContent.split(' = ')))"""
state = """() => {
    const slider = document.querySelector('.see input')
    return {step: +slider.value, last: +slider.max,
        title: document.querySelector('.see .title').textContent,
        picked: document.querySelector('.see .why p code')?.textContent ?? ''} }"""
slide = """n => {
    const slider = document.querySelector('.see input')
    slider.value = n
    slider.oninput() }"""
steps_of_all = "() => [...document.querySelectorAll('.see input')].map(i => i.value)"
ids_of_all = "() => [...document.querySelectorAll('[id]')].map(e => e.id)"

class Table(Module):
    "Mean squared error of a whole table"
    def forward(self, inp, targ):
        "A number"
        return (inp-targ).pow(2).mean()

    def bwd(self, out, inp, targ):
        "The slope of each entry"
        inp.g = 2*(inp-targ) / targ.numel()

class Averaged(Lin):
    "A linear layer that takes the mean for its bias where the sum is right"
    def bwd(self, out, inp):
        "Gradients, that of the bias wrong"
        super().bwd(out, inp)
        self.b.g = out.g.mean(0)

def viewers():
    "Name to (model, inputs, targets)"
    g = torch.Generator().manual_seed(0)
    def r(*shape):
        "Random numbers"
        return torch.randn(shape, generator=g)
    def lin(m, h, layer=Lin):
        "A linear layer"
        return layer(r(m,h), r(h))
    def net(*layers, loss):
        "A network with a loss"
        return Sequential(*layers, loss=loss)
    w = r(3,3)      # shared
    return dict(
        small = (net(lin(3,4), Relu(), lin(4,2), loss=Table()), r(3,3), r(3,2)),
        wide = (net(lin(40,30), Relu(), lin(30,1), loss=Mse()), r(20,40), r(20)),
        deep = (net(Sequential(lin(3,4), Tanh()), Sequential(lin(4,3), Relu()), lin(3,1),
                    loss=Mse()), r(2,3), r(2)),
        branch = (net(Lin(w,r(3)), Residual(Sequential(Lin(w,r(3)), Residual(Tanh()))), lin(3,1),
                      loss=Mse()), r(2,3), r(2)),
        wrong = (net(lin(3,4,Averaged), Relu(), lin(4,1), loss=Mse()), r(3,3), r(3)))

def parameters(model):
    "The parameters of a model, each with its module and its name there"
    for m in model.modules():
        for name,t in vars(m).items():
            if isinstance(t, torch.Tensor) and t.is_leaf and name in m._set_in_init: yield m,name,t

def autograd(model, x, targ):
    "PyTorch's gradients of inputs and parameters, by the names of the picture"
    old,n,found,copies = [*parameters(model)],0,{},{}
    found['x.g'] = x.clone().requires_grad_()
    for m,name,t in old:
        n += name=='w'
        if id(t) not in copies:
            copies[id(t)] = found[f'{name}{n}.g'] = t.clone().requires_grad_()
        setattr(m, name, copies[id(t)])
    model(found['x.g'], targ).backward()
    for m,name,t in old: setattr(m, name, t)
    return {name: t.grad for name,t in found.items()}

class Reader:
    "A browser and a folder for its pages; what is wrong, the browser's complaints among it"
    def __init__(self, chromium, folder):
        "No fault yet"
        self.chromium,self.folder,self.bad = chromium,folder,[]

    def check(self, ok, fault):
        "Write down a fault, unless all is well"
        if ok: return
        self.bad.append(fault)
        print('!!', fault, flush=True)

    def open(self, name, *html, width=800, js=True, dark=False):
        "A page of viewers"
        file = self.folder/f'{name}.html'
        file.write_text(page_top + '\n'.join(html) + '</main></html>', encoding='utf-8')
        height = 800 if width>400 else 667
        page = fresh(self.chromium, width, height, dark, java_script_enabled=js).new_page()
        local = ('file:','data:')
        page.on('pageerror', lambda e: self.check(False, f'{name}: script error: {e}'))
        page.on('console', lambda m: self.check(m.type!='error', f'{name}: console: {m.text}'))
        page.on('request',
                lambda q: self.check(q.url.startswith(local), f'{name}: asked for {q.url}'))
        page.goto(file.as_uri())
        return page

def press(page, key):
    "A key on the first viewer of a page, and the step it shows then"
    page.keyboard.press(key)
    return page.evaluate(state)['step']

def keys(r, page, name):
    "Back with the keys, from the last step"
    last = page.evaluate(state)['last']
    page.locator('.see').first.focus()
    for key,step,what in [('ArrowLeft', last-1, 'the left arrow key did not step back'),
                          ('Home', 0, 'Home did not go to the start'),
                          ('End', last, 'End did not go to the end')]:
        r.check(press(page, key)==step, f'{name}: {what}')
    for playing,what in [(1,'play'), (0,'pause')]:
        press(page, ' ')
        shown = page.get_by_label('Pause').count()
        r.check(shown==playing, f'{name}: the space key did not {what}')
    press(page, 'End')

def steps(r, page, name):
    "Through all steps with the button, and back; each step has its title and its sum"
    for n in range(1, page.evaluate(state)['last']+1):
        page.get_by_label('One step on').first.click()
        s = page.evaluate(state)
        r.check(s['step']==n and s['title'], f'{name}: expected step {n}, but found {s}')
        r.check(s['picked'] or 'Given' in s['title'], f'{name}, step {n}: no entry explained')
    keys(r, page, name)

def gradients(r, page, name, want):
    "Every number on the page that has a gradient equals PyTorch's; how many"
    n = 0
    for key,text in page.evaluate(numbers).items():
        m = re.match(r'(.+\.g)\[([\d,]+)\]', key)
        if not m or m[1] not in want: continue
        there = want[m[1]][tuple(map(int, m[2].split(',')))].item()
        r.check(abs(float(text)-there) <= 1e-5 + 1e-4*abs(there),
                f'{name}: {key} is {text} on the page, but PyTorch has {there}')
        n += 1
    return n

def use_all(r):
    "Each viewer stepped through, its gradients compared; the viewers as HTML"
    pages,counted = {},0
    for name,(model,x,targ) in viewers().items():
        pages[name] = html = step_through(model, x, targ)._repr_html_()
        page = r.open(name, html)
        r.check(len(html.encode())<200_000, f'{name}: {len(html.encode())} bytes')
        steps(r, page, name)
        if name!='wrong': counted += gradients(r, page, name, autograd(model, x, targ))
    r.check(counted==102, 'expected 102 gradients to compare, 35 in small, 41 in deep, '
                          f'25 in branch and 1 in wide, but found {counted}')
    print(f'{counted} gradients on the page equal those of PyTorch; '
          f'the 3-4-2 viewer has {len(pages["small"].encode()):,} bytes', flush=True)
    return pages

def point(r, pages):
    "Pointing at an entry of w1.g links it to the six that it came from; a page, and that entry"
    page = r.open('click', pages['small'])
    page.keyboard.press('Tab')
    page.locator('.see').first.focus()
    page.keyboard.press('End')
    title = page.locator('title', has_text='w1.g[2,1]')
    entry = page.locator('.see svg [data-i]', has=title).first
    entry.hover(force=True)
    counts = [page.locator(f'.see svg .{kind}').count() for kind in ('src','link')]
    r.check(counts==[6,6], 'pointing at w1.g[2,1] did not link it to its sources')
    return page,entry

def click(r, pages):
    "A click on an entry of w1.g shows the products that make it"
    page,entry = point(r, pages)
    entry.click(force=True)
    picked = page.evaluate(state)['picked']
    r.check(picked.startswith('w1.g[2,1]'), f'clicked w1.g[2,1], but found {picked} explained')
    parts = page.locator('.see .why .part').all_inner_texts()
    nums = [float(t.lstrip('= ').replace('−','-')) for t in parts]
    r.check(len(nums)==4 and abs(sum(nums[:3])-nums[3]) < .02,
            f'expected three products and their sum, but found {parts}')
    r.check(page.locator('.see svg .src').count()==6,
            'expected the six entries that w1.g[2,1] came from to be marked')
    page.keyboard.press('ArrowDown')
    picked = page.evaluate(state)['picked']
    r.check(picked.startswith('w1.g[2,2]'), 'the down arrow key did not choose the next entry')

def warned(r, pages):
    "A wrong gradient is told"
    page,told = r.open('told', pages['wrong']),[]
    page.locator('.see').first.focus()
    for _ in range(page.evaluate(state)['last']):
        page.keyboard.press('ArrowRight')
        if page.locator('.see .warn').count():
            told.append(page.evaluate(state)['picked'].split('[')[0])
    r.check(told==['b1.g'], f'expected the wrong b1.g to be told, but found {told}')

def two(r, pages):
    "Two viewers on a page are apart"
    page = r.open('two', pages['small'], step_through(*viewers()['small'])._repr_html_())
    page.get_by_label('One step on').nth(1).click()
    r.check(page.evaluate(steps_of_all)==['0','1'], 'two viewers on a page are not apart')
    ids = page.evaluate(ids_of_all)
    r.check(len(ids)==len(set(ids)), f'ids twice on a page: {ids}')

def still(r, pages):
    "Without scripts: the finished picture, and the pass in words"
    page = r.open('still', pages['small'], js=False)
    box = page.locator('.see img').bounding_box()
    r.check(box and box['height']>300,
            f'expected the still picture without scripts, but found {box}')
    r.check(page.locator('.see details li').count()==12,
            'expected the pass in words without scripts')

def phone(r, pages):
    "No step is wider than a phone"
    for name,html in pages.items():
        page = r.open(f'{name}-phone', html, width=375)
        page.locator('.see').first.focus()
        for n in range(page.evaluate(state)['last']+1):
            wide = page.evaluate('document.documentElement.scrollWidth')
            r.check(wide<=375, f'{name}, step {n}: {wide} pixels wide on a phone of 375')
            page.keyboard.press('ArrowRight')

def shots(r, pages, folder):
    "Pictures of each viewer at four of its steps"
    folder.mkdir(parents=True, exist_ok=True)
    for name,html in pages.items():
        for kind,look in dict(light={}, dark=dict(dark=True), width=dict(width=375)).items():
            page = r.open(name, html, **look)
            last = page.evaluate(state)['last']
            for n in (0, 1, last//2+2, last):
                page.evaluate(slide, n)
                page.screenshot(path=folder/f'{name}-{kind}-{n}.png')

def saved_viewers():
    "The viewers that the notebooks were saved with: where, and their HTML"
    for name in notebooks():
        for i,cell in enumerate(cells(name)):
            for o in cell.get('outputs', []):
                html = ''.join(o.get('data', {}).get('text/html', ''))
                if 'class="see"' in html: yield f'{name}, cell {i}', html

def use_saved(r):
    "Steps through the viewers in the notebooks"
    n = 0
    for n,(where,html) in enumerate(saved_viewers(), 1):
        steps(r, r.open(f'saved-{n}', html), where)
    print(f'{n} viewers in the notebooks stepped through')

def main():
    "Use the viewers, and say what is wrong"
    parser = arguments(__doc__)
    parser.add_argument('--shots', type=Path)
    folder = parser.parse_args().shots
    with playwright() as driver, tempfile.TemporaryDirectory() as d:
        r = Reader(launch(driver), Path(d))
        pages = use_all(r)
        for use in (click, warned, two, still, phone): use(r, pages)
        if folder: shots(r, pages, folder)
        use_saved(r)
        r.chromium.close()
    sys.exit('\n'.join(r.bad) if r.bad else 0)

main()
