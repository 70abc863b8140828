"""Prove with nbgrader itself that the puzzles can be graded, in an environment of its own.

    python .ci/grading.py
      --env DIR    a virtual environment to use, or to make, instead of a temporary one

The notebooks are used unchanged. `nbgrader generate_assignment` makes the class's version, and
nothing of a solution may be left in it. Then three people hand in: one the blanks, one the
solutions, one the solutions but for five mistakes. `nbgrader autograde` must give the first 0,
the second every point, and the third every point but those of exactly these five.
"""
import json, os, shutil, subprocess, sys, tempfile
from pathlib import Path
from book import arguments, nbs, root

sys.path.insert(0, str(root))
from mlp_backprop.puzzles import listed
from mlp_backprop.puzzles.blanks import fill, solution
from mlp_backprop.puzzles.catalog import kind, notebooks, read, source

# A factor forgotten, the sum of the wrong direction, a number of the visible check written into
# the answer, a wrong name for a mistake, a slip of the pencil.
mistakes = dict(
    Scale = 'inp.g = out.g',
    LayerNorm = 'mean,along = out.g.mean(0),(out.g*out).mean(0)\n'
                'inp.g = (out.g - mean - out*along)/self.std',
    MeanRows = 'inp.g = out.g.expand_as(inp)/4',
    bug_3 = "return 2, 'wrong axis', 'slope[inp<0] = 1/10'",
    pencil_2 = 'return 16')

report = '''
import json
from nbgrader.api import Gradebook
with Gradebook('sqlite:///gradebook.db') as gb:
    found = {}
    for s in gb.assignment_submissions('puzzles'):
        found[s.student.id] = {g.cell.name.removesuffix('_grade'): [g.score, g.max_score]
                               for nb in s.notebooks for g in nb.grades}
print(json.dumps(found))'''

config = '''c = get_config()
c.CourseDirectory.course_id = 'proof'
c.ExecutePreprocessor.timeout = 120
'''

def sh(*args, **kw):
    "Run a program; what it prints, or an end with what it said"
    cmd = [*map(str, args)]
    res = subprocess.run(cmd, capture_output=True, text=True, **kw)
    if res.returncode: sys.exit(f'{" ".join(cmd)}\n{res.stdout[-2000:]}{res.stderr[-4000:]}')
    return res.stdout

def apart(env=None):
    "The variables of this process, without those that lead to its own packages"
    kept = {k: v for k,v in os.environ.items() if k not in ('PYTHONPATH','VIRTUAL_ENV')}
    if env: kept['PATH'] = f'{env/"bin"}{os.pathsep}{kept["PATH"]}'  # nbgrader looks for alembic
    return kept

def environment(env):
    "nbgrader and the package as a wheel, apart from everything else"
    if not (env/'bin'/'python').exists(): sh(sys.executable, '-m', 'venv', env)
    pip = env/'bin'/'python', '-m', 'pip', '-q', '--disable-pip-version-check', 'install'
    sh(*pip, '-c', root/'constraints.txt', 'nbgrader', 'ipykernel', root, env=apart())
    sh(*pip, '--no-deps', '--force-reinstall', root, env=apart())

def blanks(folder):
    "The cells with a blank in the notebooks of a folder, by puzzle"
    found = {}
    for f in notebooks(folder):
        for c in read(f)['cells']:
            what,name = kind(c)
            if what=='solve': found[name] = source(c)
    return found

def submit(course, student, answers):
    "What somebody hands in: the class's version, with `answers` in its blanks"
    folder = course/'submitted'/student/'puzzles'
    shutil.copytree(course/'release'/'puzzles', folder)
    solved = blanks(course/'source'/'puzzles')
    for f in notebooks(folder):
        nb = read(f)
        for c in nb['cells']:
            what,name = kind(c)
            if what=='solve' and name in answers: c['source'] = fill(solved[name], answers[name])
        f.write_text(json.dumps(nb), encoding='utf-8')

def check_release(course):
    "The class's version has no solution in it, and no hidden test"
    telling = ['HIDDEN', 'SOLUTION', 'Learnt', 'grade(']
    for text in blanks(course/'source'/'puzzles').values():
        telling.append(solution(text).partition('\n# Learnt')[0])
    for f in notebooks(course/'release'/'puzzles'):
        text = '\n'.join(source(c) for c in read(f)['cells'])
        if left := [s for s in telling if s in text]:
            sys.exit(f"{f.name}: expected no answers in the class's version, but found {left}")

def make_course(course):
    "A course with the puzzles as they are in nbs/"
    folder = course/'source'/'puzzles'
    folder.mkdir(parents=True)
    for f in notebooks(nbs/'puzzles'): shutil.copy(f, folder)
    (course/'nbgrader_config.py').write_text(config, encoding='utf-8')

def graded(env, course):
    "What nbgrader gives to whom: by student, by puzzle, points and the most there are"
    def nbgrader(step):
        sh(env/'bin'/'nbgrader', step, 'puzzles', '--create', cwd=course, env=apart(env))
    make_course(course)
    nbgrader('generate_assignment')
    check_release(course)
    right = {k: solution(text) for k,text in blanks(course/'source'/'puzzles').items()}
    for student,answers in dict(blank={}, solved=right, mistaken=right|mistakes).items():
        submit(course, student, answers)
    nbgrader('autograde')
    return json.loads(sh(env/'bin'/'python', '-c', report, cwd=course, env=apart(env)))

def deserved():
    "The points that each of the three is to get"
    full = {k: [float(p.points)]*2 for k,p in listed().items()}
    none = {k: [0.,most] for k,(_,most) in full.items()}
    return dict(blank=none, solved=full, mistaken=full | {k: none[k] for k in mistakes})

def compare(got):
    "Say the points of each, or end with what differs from what is deserved"
    want = deserved()
    if {*got} != {*want}: sys.exit(f'expected points for {[*want]}, but found {[*got]}')
    bad = [f'{who}, {k}: expected {want[who].get(k)}, but found {got[who].get(k)}'
           for who in want for k in sorted({*want[who], *got[who]})
           if want[who].get(k) != got[who].get(k)]
    if bad: sys.exit('\n'.join(bad))
    for who,points in got.items():
        found,most = map(sum, zip(*points.values()))
        print(f'{who:9}{found:5.0f} of {most:.0f} points')

def main():
    "Grade in an environment that exists, or in a new one"
    parser = arguments(__doc__)
    parser.add_argument('--env', type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as d:
        env = (args.env or Path(d)/'env').absolute()
        environment(env)
        compare(graded(env, Path(d).resolve()/'course'))

main()
