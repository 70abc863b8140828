"""Prove with nbgrader itself that the puzzles can be graded: in an environment of its own, with the notebooks unchanged.

    python .ci/grading.py
      --env DIR    a virtual environment to use, or to make, instead of a temporary one

`nbgrader generate_assignment` makes the class's version, and nothing of a solution may be left in it. Then three people
hand in: one the blanks, one the solutions, one the solutions but for five mistakes. `nbgrader autograde` must give the
first 0, the second every point, and the third every point but those of exactly these five.
"""
import argparse, json, os, shutil, subprocess, sys, tempfile
from pathlib import Path

root = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(root))
from mlp_backprop.puzzles import listed
from mlp_backprop.puzzles.blanks import fill, solution
from mlp_backprop.puzzles.catalog import kind, notebooks, read, source

# A factor forgotten, the sum of the wrong direction, a number of the visible check written into the
# answer, a wrong name for a mistake, a slip of the pencil.
mistakes = dict(
    Scale = 'inp.g = out.g',
    LayerNorm = 'mean,along = out.g.mean(0),(out.g*out).mean(0)\n'
                'inp.g = (out.g - mean - out*along)/self.std',
    MeanRows = 'inp.g = out.g.expand_as(inp)/4',
    bug_3 = "return 2, 'wrong axis', 'slope[inp<0] = 1/10'",
    pencil_2 = 'return 16')

REPORT = '''
import json
from nbgrader.api import Gradebook
with Gradebook('sqlite:///gradebook.db') as gb:
    found = {}
    for s in gb.assignment_submissions('puzzles'):
        grades = [g for nb in s.notebooks for g in nb.grades]
        found[s.student.id] = {g.cell.name.removesuffix('_grade'): [g.score, g.max_score] for g in grades}
print(json.dumps(found))'''

def sh(*args, **kw):
    res = subprocess.run([*map(str, args)], capture_output=True, text=True, **kw)
    if res.returncode: sys.exit(f'{" ".join(map(str, args))}\n{res.stdout[-2000:]}{res.stderr[-4000:]}')
    return res.stdout

def apart():
    "The variables of this process, without those that lead to its own packages"
    return {k:v for k,v in os.environ.items() if k not in ('PYTHONPATH','VIRTUAL_ENV')}

def environment(env):
    "nbgrader and the package as a wheel, apart from everything else"
    if not (env/'bin'/'python').exists(): sh(sys.executable, '-m', 'venv', env)
    pip = env/'bin'/'python', '-m', 'pip', '-q', '--disable-pip-version-check', 'install'
    sh(*pip, '-c', root/'constraints.txt', 'nbgrader', 'ipykernel', root, env=apart())
    sh(*pip, '--no-deps', '--force-reinstall', root, env=apart())

def submit(course, student, answers):
    "What somebody hands in: the class's version, with `answers` in its blanks"
    folder = course/'submitted'/student/'puzzles'
    shutil.copytree(course/'release'/'puzzles', folder)
    solved = {kind(c)[1]: source(c) for f in notebooks(course/'source'/'puzzles')
              for c in read(f)['cells'] if kind(c)[0]=='solve'}
    for f in notebooks(folder):
        nb = read(f)
        for c in nb['cells']:
            what,name = kind(c)
            if what=='solve' and name in answers: c['source'] = fill(solved[name], answers[name])
        f.write_text(json.dumps(nb), encoding='utf-8')

def check_release(course):
    "The class's version has no solution in it, and no hidden test"
    for f in notebooks(course/'source'/'puzzles'):
        text = '\n'.join(source(c) for c in read(course/'release'/'puzzles'/f.name)['cells'])
        left = [s for c in read(f)['cells'] if kind(c)[0]=='solve'
                for s in [solution(source(c)).partition('\n# Learnt')[0]] if s in text]
        left += [s for s in ('HIDDEN', 'SOLUTION', 'Learnt', 'grade(') if s in text]
        if left: sys.exit(f'{f.name}: expected no answers in the class\'s version, but found {left}')

def graded(env, course):
    "What nbgrader gives to whom: by student, by puzzle, points and the most there are"
    inside = apart()
    inside['PATH'] = f'{env/"bin"}{os.pathsep}{inside["PATH"]}'       # nbgrader calls alembic by its name
    def nbgrader(*args): sh(env/'bin'/'nbgrader', *args, 'puzzles', '--create', cwd=course, env=inside)
    (course/'source').mkdir(parents=True)
    shutil.copytree(root/'nbs'/'puzzles', course/'source'/'puzzles', ignore=lambda d, names:
                    [n for n in names if not (n[0].isdigit() and n.endswith('.ipynb'))])
    (course/'nbgrader_config.py').write_text('c = get_config()\nc.CourseDirectory.course_id = "proof"\n'
                                             'c.ExecutePreprocessor.timeout = 120\n')
    nbgrader('generate_assignment')
    check_release(course)
    right = {kind(c)[1]: solution(source(c)) for f in notebooks(course/'source'/'puzzles')
             for c in read(f)['cells'] if kind(c)[0]=='solve'}
    submit(course, 'blank', {})
    submit(course, 'solved', right)
    submit(course, 'mistaken', {**right, **mistakes})
    nbgrader('autograde')
    return json.loads(sh(env/'bin'/'python', '-c', REPORT, cwd=course, env=inside))

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--env', type=Path)
    a = ap.parse_args()
    with tempfile.TemporaryDirectory() as d:
        env = (a.env or Path(d)/'env').absolute()
        environment(env)
        got = graded(env, Path(d).resolve()/'course')
    full = {k: [float(p.points)]*2 for k,p in listed().items()}
    none = {k: [0.,float(p.points)] for k,p in listed().items()}
    want = dict(blank=none, solved=full, mistaken={**full, **{k: none[k] for k in mistakes}})
    bad = [f'{who}, {k}: expected {want[who][k]}, but found {got.get(who, {}).get(k)}'
           for who in want for k in full if got.get(who, {}).get(k)!=want[who][k]]
    if bad: sys.exit('\n'.join(bad))
    for who in want:
        print(f'{who:9}{sum(s for s,_ in got[who].values()):5.0f} of {sum(m for _,m in got[who].values()):.0f} points')

main()
