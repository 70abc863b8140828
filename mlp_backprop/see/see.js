// One viewer. `root` holds the static picture; `data` has the boxes of numbers (slots) and the steps of the pass.
// An entry is known by one number: its place in its slot, counted on from the slot's `o`.
(root, data) => {
if (!root || root.dataset.live) return;
root.dataset.live = 1;
const {slots, steps} = data, POS = '200,85,61', NEG = '63,119,180';
const el = (tag, cls, text) => { const e = document.createElement(tag); if (cls) e.className = cls; if (text !== undefined) e.textContent = text; return e; };
const fmt = v => { const a = Math.abs(v);
  const s = v === 0 ? '0' : !isFinite(v) ? String(v) : a >= 1e5 || a < 1e-3 ? v.toExponential(a >= 1e5 ? 1 : 0).replace('e+', 'e') : a >= 100 ? v.toFixed(0) : String(Number(v.toPrecision(3)));
  return s.replaceAll('-', '\u2212'); };

const cell = v => { const a = Math.abs(v); return v && a < .005 ? v.toExponential(0).replaceAll('-', '\u2212') : a >= 100 || !isFinite(v) ? fmt(v) : String(Number(v.toFixed(a >= 10 ? 1 : 2))).replace('-', '\u2212'); };
const home = i => slots.find(s => s.v && i >= s.o && i < s.o + s.v.length);
const value = i => { const s = home(i); return s.v[i - s.o]; };
const place = (s, k) => { const out = []; for (const d of [...s.s].reverse()) { out.unshift(k % d); k = Math.floor(k / d); } return out.length ? '[' + out.join(',') + ']' : ''; };
const at = (s, k) => (s.n.includes(' ') ? '(' + s.n + ')' : s.n) + place(s, k);
const name = i => at(home(i), i - home(i).o);
const shade = (s, v) => 'rgba(' + (v < 0 ? NEG : POS) + ',' + (s.m && isFinite(v) ? .55 * Math.abs(v) / s.m : 0).toFixed(2) + ')';
const rows = s => s.s.length < 2 ? 1 : s.s.slice(0, -1).reduce((a, b) => a * b, 1);

// The page: buttons and slider, the graph, and what happens now
const img = root.querySelector('img'), words = root.querySelector('details');
const bar = el('div', 'bar'), two = el('div', 'two'), map = el('div', 'map'), side = el('div', 'side'), now = el('div', 'now'), live = el('div', 'sr');
const button = (text, label, f) => { const b = el('button', '', text); b.type = 'button'; b.setAttribute('aria-label', label); b.title = label; b.onclick = f; bar.append(b); return b; };
button('Start', 'To the start', () => go(0));
button('\u25C0', 'One step back', () => go(cur - 1));
button('\u25B6', 'One step on', () => go(cur + 1));
const playB = button('Play', 'Play all steps', () => play());
const slider = el('input'), count = el('output');
slider.type = 'range'; slider.min = 0; slider.max = steps.length - 1; slider.setAttribute('aria-label', 'Step'); slider.oninput = () => go(+slider.value);
bar.append(slider, count);
map.innerHTML = atob(img.src.split(',')[1]);
map.tabIndex = 0; map.setAttribute('role', 'region'); map.setAttribute('aria-label', img.alt);
live.setAttribute('aria-live', 'polite');
side.append(bar, now); two.append(map, side); img.remove(); words.before(two);
words.before(live, el('p', 'key', 'Keys: \u2190 \u2192 step, \u2191 \u2193 entry, space plays. Blue is negative, red positive, each box on its own scale. Point at a number to see where it came from; click it to see how it was made.'));
root.tabIndex = 0; root.setAttribute('role', 'group'); root.setAttribute('aria-label', 'A forward and backward pass, step by step'); root.dataset.lmSuppressShortcuts = 'true';
const svg = map.querySelector('svg'), links = svg.querySelector('.links'), cells = {};
svg.setAttribute('aria-hidden', 'true');
svg.style.maxWidth = svg.viewBox.baseVal.width * 1.05 + 'px';
two.style.setProperty('--w', svg.viewBox.baseVal.width * 1.05 + 2 + 'px');
svg.querySelectorAll('[data-i]').forEach(g => { const i = +g.dataset.i; cells[i] = g;
  const t = document.createElementNS(svg.namespaceURI, 'title'); t.textContent = name(i) + ' = ' + value(i); g.append(t);
  g.onmouseenter = () => mark(i); g.onmouseleave = () => mark(pick); g.onclick = () => show(slots.indexOf(home(i)), i); });

// What an entry was made from: its terms are lists of factors, an entry each, or a constant as [name, value]
const terms = i => { const s = home(i); return s.e && s.e.t ? s.e.t[i - s.o] || [] : []; };
const sources = i => new Set(terms(i).flat().filter(f => typeof f === 'number'));
const drawn = i => cells[i] ? [i] : [...sources(i)].flatMap(drawn);
let cur = 0, slot = null, pick = null, timer = null;

function mark(i) {
  root.querySelectorAll('.src, .sel').forEach(e => e.classList.remove('src', 'sel'));
  links.textContent = '';
  if (i === null) return;
  const from = [...sources(i)], all = new Set(from.flatMap(drawn));
  now.querySelectorAll('.lay [data-i]').forEach(e => { const k = +e.dataset.i; if (k === i) e.classList.add('sel'); else if (from.includes(k) || all.has(k)) e.classList.add('src'); });
  if (!cells[i] || cells[i].parentNode.classList.contains('off')) return;
  const mid = g => { const r = g.querySelector('rect'); return [+r.getAttribute('x') + r.getAttribute('width') / 2, +r.getAttribute('y') + r.getAttribute('height') / 2]; };
  cells[i].classList.add('sel');
  const [x, y] = mid(cells[i]);
  all.forEach(k => { const g = cells[k], [a, b] = mid(g); g.classList.add('src');
    if (all.size <= 12) { const p = document.createElementNS(svg.namespaceURI, 'path'); p.setAttribute('class', 'link');
      const bend = Math.abs(a - x) < 60 ? (home(k).k === 'g' ? 50 : -50) : 0; if (home(k).k === 'g') p.classList.add('gline'); else p.classList.add('vline');
      p.setAttribute('d', 'M' + a + ' ' + b + 'C' + (a + bend) + ' ' + (b + y) / 2 + ' ' + (x + bend) + ' ' + (b + y) / 2 + ' ' + x + ' ' + y); links.append(p); } });
}

function matrix(k, turned, result) {           // a slot as a grid of numbers, transposed if `turned`
  const s = slots[k], box = el('div', 'mat ' + (s.k === 'g' ? 'g' : '') + (result ? ' res' : ''));
  const n = rows(s), m = s.v ? s.v.length / n : 0;
  box.append(el('div', 'lab', s.n + (turned ? '.t()' : '') + ' (' + (turned ? [...s.s].reverse() : s.s).join(', ') + (s.s.length === 1 ? ',' : '') + ')'));
  const grid = el('div', 'grid'); box.append(grid);
  if (!s.v) { const big = el('div', 'big'), pic = svg.querySelector('[data-s="' + k + '"] image');
    if (pic) { const im = el('img'); im.src = pic.getAttribute('href'); im.alt = ''; im.width = pic.getAttribute('width'); im.height = pic.getAttribute('height');
      if (turned) { im.width = pic.getAttribute('height'); im.height = pic.getAttribute('width'); im.style.visibility = 'hidden'; } else big.append(im); }
    big.append(el('div', '', s.st)); grid.append(big); return box; }
  grid.style.gridTemplateColumns = 'repeat(' + (turned ? n : m) + ', 42px)';
  for (let a = 0; a < (turned ? m : n); a++) for (let b = 0; b < (turned ? n : m); b++) {
    const j = turned ? b * m + a : a * m + b, i = s.o + j, c = el('div', 'c', cell(s.v[j]));
    c.dataset.i = i; c.style.background = shade(s, s.v[j]); c.title = name(i) + ' = ' + s.v[j];
    if (result) { c.onmouseenter = () => choose(i); c.onclick = () => choose(i); }
    grid.append(c);
  }
  return box;
}

function layout(l) {                            // how the boxes of an equation stand
  const d = el('div', 'lay ' + l.k);
  d.tabIndex = 0; d.setAttribute('role', 'group'); d.setAttribute('aria-label', 'The equation, with its numbers');
  if (l.k === 'mm') {                           // the factors left of and above their product: a row meets a column in each entry
    d.append(el('div'), matrix(l.b, l.bt), matrix(l.a, l.at), matrix(l.c, 0, 1));
    if (l.p !== undefined) { d.insertBefore(el('div', 'sign', '+'), d.lastChild.previousSibling); d.insertBefore(matrix(l.p), d.lastChild.previousSibling); }
  } else {
    const last = el('div', 'lay row end'), n = l.x.length;      // the last sign stays with the result
    l.x.forEach((x, j) => (j < n - 2 ? d : last).append(typeof x === 'string' ? el('div', 'sign', x) : matrix(x, 0, j === n - 1)));
    d.append(last);
  }
  return d;
}

function chip(f) {                              // one factor: its name above its number
  const s = typeof f === 'number' ? home(f) : null, c = el('span', 'chip ' + (s ? (s.k === 'g' ? 'g' : '') : f[2] || 'n'));
  const v = el('span', 'num', fmt(s ? value(f) : f[1]));
  if (s) v.style.background = shade(s, value(f));
  c.append(el('small', 'num', s ? name(f) : f[0]), v);
  return c;
}

function why(i) {                               // the products that were summed to make an entry
  const s = slots[slot], d = now.querySelector('.why'), e = s.e, big = !s.v, k = big ? e.i : i - s.o, total = big ? e.iv : value(i);
  d.textContent = '';
  const head = el('p'); head.append(el('code', '', at(s, k) + ' = ' + fmt(total)));
  d.append(head);
  const ts = big ? e.t[0] : terms(i), val = f => typeof f === 'number' ? value(f) : f[1];
  if (!ts.length) { d.append(el('p', 'tip', e.none || 'Nothing in this pass reaches it.')); return; }
  if (e.come) { head.append(', made from'); const t = el('div', 'term'); ts.forEach(x => t.append(chip(x[0]))); d.append(t); return; }
  if (e.back === 2) head.append(', the slope of the loss');
  const g = el('div', 'terms'), most = Math.max(...ts.map(t => t.r ? 1 : t.length)), put = (cls, text, span) => { const c = el('span', cls, text); if (span > 1) c.style.gridColumn = 'span ' + span; g.append(c); return c; };
  g.style.gridTemplateColumns = 'repeat(' + 2 * most + ', auto) auto';
  if (e.back === 1 && most === 2) ['', 'arriving', '', 'local slope', ''].forEach(h => put('head', h));
  let sum = 0;
  ts.forEach((t, n) => {
    const product = t.r ? t.r[1] : t.reduce((p, f) => p * val(f), 1); sum += product;
    put('op', n ? '+' : '');
    if (t.r) put('op', t.r[0] + ' more products', 2 * most - 1);
    else t.forEach((f, j) => { if (j) put('op', '\u00D7'); put('', undefined, j === t.length - 1 ? 2 * (most - j) - 1 : 1).append(chip(f)); });
    put('part num', '= ' + fmt(product)); });
  if (ts.length > 1) { put('sum', 'sum', 2 * most); put('part num sum', '= ' + fmt(sum)); }
  d.append(g);
  if (Math.abs(sum - total) > 1e-3 * (Math.abs(sum) + Math.abs(total)) + 1e-6)
    d.append(el('p', 'warn', 'This sum is ' + fmt(sum) + ', and the layer wrote ' + fmt(total) + '. One of them is wrong.'));
}

function choose(i) { pick = i; mark(i); why(i); }

function show(k, i) {                           // a slot's equation on the right
  slot = k;
  const s = slots[k], st = steps.find(t => t.s === k);
  now.textContent = ''; now.className = 'now ' + (s.k === 'g' ? 'bwd' : 'fwd');
  if (!s.e) { pick = i; now.className = 'now'; now.append(el('div', 'title', name(i) + ' = ' + fmt(value(i))), el('p', '', 'Given, not computed.')); mark(i); return; }
  now.append(el('div', 'title', st.t), el('code', 'code', s.e.c), el('p', '', s.e.y), layout(s.e.l), el('div', 'why'));
  if (i === undefined) i = s.v ? s.o + s.v.reduce((b, v, j) => Math.abs(v) > Math.abs(s.v[b]) ? j : b, 0) : null;
  choose(i);
}

function go(n) {
  n = Math.max(0, Math.min(steps.length - 1, n));
  const from = cur; cur = n; slider.value = n; count.textContent = n + ' of ' + (steps.length - 1);
  const st = steps[n];
  svg.querySelectorAll('[data-s]').forEach(g => { const s = slots[g.dataset.s], off = s.step > n;
    g.classList.toggle('fresh', !off && g.classList.contains('off') && n === from + 1); g.classList.toggle('off', off); });
  svg.querySelectorAll('[data-hold]').forEach(r => r.classList.toggle('wait', slots[r.dataset.hold].step > n));
  svg.querySelectorAll('.op').forEach(g => { g.classList.toggle('on', +g.dataset.op === st.op); g.classList.toggle('back', st.back); });
  if (st.s === undefined) { slot = pick = null; now.className = 'now'; now.textContent = ''; now.append(el('div', 'title', st.t), ...st.y.map(y => el('p', '', y))); mark(null); }
  else show(st.s);
  live.textContent = 'Step ' + n + '. ' + st.t + (st.s === undefined ? '' : '. ' + slots[st.s].e.c);
  const on = svg.querySelector('.op.on');
  if (on) { const k = svg.getBoundingClientRect().height / svg.viewBox.baseVal.height, b = on.getBBox();
    map.scrollTo({top: (b.y + b.height / 2) * k - map.clientHeight / 2, behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'}); }
  else map.scrollTop = 0;
  if (timer && n === steps.length - 1) play();
}

function play() {
  if (timer) { clearInterval(timer); timer = null; }
  else { if (cur === steps.length - 1) go(0); timer = setInterval(() => root.isConnected ? go(cur + 1) : clearInterval(timer), 1800); }
  playB.textContent = timer ? 'Pause' : 'Play'; playB.setAttribute('aria-label', timer ? 'Pause' : 'Play all steps');
}

root.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const s = slot === null ? null : slots[slot], turn = d => { if (s && s.v && pick !== null) choose(s.o + (pick - s.o + d + s.v.length) % s.v.length); };
  const keys = {ArrowRight: () => go(cur + 1), ArrowLeft: () => go(cur - 1), Home: () => go(0), End: () => go(steps.length - 1), ArrowDown: () => turn(1), ArrowUp: () => turn(-1)};
  if (e.key === ' ' && e.target.tagName !== 'BUTTON' && e.target.tagName !== 'SUMMARY') keys[' '] = play;
  if (keys[e.key]) { keys[e.key](); e.preventDefault(); e.stopPropagation(); if (s && e.key.length > 8 || e.key === 'ArrowUp') live.textContent = pick === null ? '' : name(pick) + ' is ' + fmt(value(pick)); }
});
go(0);
}
