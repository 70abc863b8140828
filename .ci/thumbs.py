"""Make the small picture of each notebook in the tour, nbs/images/thumbs/NN_name.png.

    python .ci/thumbs.py                    every lesson; the machinery in folders needs none
    python .ci/thumbs.py nbs/07_x.ipynb

It shows the cell that carries `#| thumbnail: true`: its saved figure, or, of a cell without one,
its code. Where no cell carries that, it shows the notebook's first figure, and in a notebook
without figures the first class or function.
"""
import base64, io, re, sys, mermaidx
from pathlib import Path
from matplotlib import font_manager
from PIL import Image, ImageOps
from pygments import highlight
from pygments.formatters import ImageFormatter
from pygments.lexers import PythonLexer
from book import cells, lessons, nbs, root, shown, source

size,pad = (480,260),14
inner = size[0]-2*pad, size[1]-2*pad

def figure(cell):
    "The figure that a cell shows, as bytes of a PNG"
    for o in cell.get('outputs', []):
        if png := o.get('data', {}).get('image/png'): return base64.b64decode(png)
    m = re.search(r'!\[[^]]*\]\((images/[^)]+)\)', source(cell))
    if cell['cell_type']!='markdown' or not m: return None
    file = nbs/m[1]
    if file.suffix!='.svg': return file.read_bytes()
    return mermaidx.svg_to_png(file.read_text(encoding='utf-8'), scale=1.5)

def code(cell):
    "The beginning of a cell's code as a picture, as much as is readable on a card"
    lines = shown(cell).strip().splitlines()[:12]
    style = ImageFormatter(font_name=font_manager.findfont('DejaVu Sans Mono'), font_size=24,
                           line_pad=6, line_numbers=False, image_pad=0, style='xcode')
    png = highlight('\n'.join(line[:60] for line in lines), PythonLexer(), style)
    im = Image.open(io.BytesIO(png)).convert('RGB')
    im = im.crop((0, 0, inner[0], min(im.height, inner[1])))        # cut, not shrunk
    im.save(res := io.BytesIO(), 'png')
    return res.getvalue()

def first(cells, pattern):
    "The first cell with a line that begins like this"
    return next((c for c in cells if re.search(rf'^{pattern}', source(c), re.M)), None)

def picture(cells):
    "What a notebook shows of itself, as bytes of a PNG"
    if c := first(cells, '#\\| *thumbnail: *true'): return figure(c) or code(c)
    if png := next(filter(None, map(figure, cells)), None): return png
    if c := first([c for c in cells if c['cell_type']=='code'], '(class|def) '): return code(c)
    sys.exit('expected a figure, a class or a function, or a cell with `#| thumbnail: true`, '
             'but found none')

def card(png):
    "The picture in a white card of one size for all"
    im = Image.open(io.BytesIO(png)).convert('RGBA')
    im = Image.alpha_composite(Image.new('RGBA', im.size, 'white'), im).convert('RGB')
    im = ImageOps.contain(im, inner, Image.LANCZOS)
    res = Image.new('RGB', size, 'white')
    res.paste(im, ((size[0]-im.width)//2, (size[1]-im.height)//2))
    return res.quantize(64, dither=Image.Dither.NONE)

def main():
    "Make the pictures that were asked for"
    files = [*map(Path, sys.argv[1:])] or [nbs/name for name in lessons()]
    (nbs/'images/thumbs').mkdir(exist_ok=True)
    for file in files:
        to = nbs/f'images/thumbs/{file.stem}.png'
        card(picture(cells(file.resolve()))).save(to, optimize=True)
        print(f'{to.relative_to(root)}  {to.stat().st_size/1024:.0f} KB')

main()
