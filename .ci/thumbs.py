"""Make the small picture of each notebook in the tour, nbs/images/thumbs/NN_name.png, from what the notebook shows.

    python .ci/thumbs.py                    every lesson; the machinery in folders needs none
    python .ci/thumbs.py nbs/07_x.ipynb

It is the cell that carries `#| thumbnail: true`: its saved figure, or, of a cell without one, its code. Where no cell
carries that, it is the notebook's first figure, and in a notebook without figures the first class or function.
"""
import base64, io, json, re, sys, mermaidx
from pathlib import Path
from matplotlib import font_manager
from PIL import Image
from pygments import highlight
from pygments.formatters import ImageFormatter
from pygments.lexers import PythonLexer

nbs = Path(__file__).resolve().parent.parent/'nbs'
size,pad = (480,260),14

def source(cell): return ''.join(cell['source'])

def figure(cell):
    "The figure that a cell shows, as bytes of a PNG"
    for o in cell.get('outputs', []):
        if png := o.get('data', {}).get('image/png'): return base64.b64decode(png)
    if cell['cell_type']=='markdown' and (m := re.search(r'!\[[^]]*\]\((images/[^)]+)\)', source(cell))):
        file = nbs/m[1]
        return mermaidx.svg_to_png(file.read_text(encoding='utf-8'), scale=1.5) if file.suffix=='.svg' else file.read_bytes()

def code(cell):
    "The beginning of a cell's code as a picture, as much as is readable on a card"
    text = re.sub(r'^#\|.*\n', '', source(cell), flags=re.M).strip().splitlines()[:12]
    png = highlight('\n'.join(l[:60] for l in text), PythonLexer(), ImageFormatter(
        font_name=font_manager.findfont('DejaVu Sans Mono'), font_size=24, line_pad=6, line_numbers=False, image_pad=0, style='xcode'))
    im = Image.open(io.BytesIO(png)).convert('RGB')
    im.crop((0, 0, size[0]-2*pad, min(im.height, size[1]-2*pad))).save(res := io.BytesIO(), 'png')     # cut, not shrunk
    return res.getvalue()

def picture(nb):
    cells = nb['cells']
    if c := next((c for c in cells if re.search(r'^#\| *thumbnail: *true', source(c), re.M)), None): return figure(c) or code(c)
    if png := next(filter(None, map(figure, cells)), None): return png
    if c := next((c for c in cells if c['cell_type']=='code' and re.search(r'^(class|def) ', source(c), re.M)), None): return code(c)
    raise SystemExit('expected a figure, a class or a function, or a cell with `#| thumbnail: true`, but found none')

def card(png):
    "The picture in a white card of one size for all"
    im = Image.open(io.BytesIO(png)).convert('RGBA')
    im = Image.alpha_composite(Image.new('RGBA', im.size, 'white'), im).convert('RGB')
    f = min((size[0]-2*pad)/im.width, (size[1]-2*pad)/im.height)
    im = im.resize((round(im.width*f), round(im.height*f)), Image.LANCZOS)
    res = Image.new('RGB', size, 'white')
    res.paste(im, ((size[0]-im.width)//2, (size[1]-im.height)//2))
    return res.quantize(64, dither=Image.Dither.NONE)

(nbs/'images/thumbs').mkdir(exist_ok=True)
for f in map(Path, sys.argv[1:]) if sys.argv[1:] else sorted(nbs.glob('*.ipynb')):
    if f.stem=='index': continue
    to = nbs/f'images/thumbs/{f.stem}.png'
    card(picture(json.loads(f.read_text(encoding='utf-8')))).save(to, optimize=True)
    print(f'{to.relative_to(nbs.parent)}  {to.stat().st_size/1024:.0f} KB')
