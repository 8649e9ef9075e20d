"""The table of commands."""

from __future__ import annotations

from gansmith.cli.parser import Command

COMMANDS: dict[str, Command] = {
    "train": Command(
        "train a GAN from a recipe",
        "gansmith.cli.training.train",
        (
            "gansmith train digits",
            "gansmith train mnist --data path/to/mnist --minutes 2 --preview",
            "gansmith train folder --data my-pictures --out runs/mine",
            "gansmith train text --data names.txt",
            "gansmith train folder --data my-pictures --from runs/mine --freeze-d 2",
            "gansmith train mnist --set loss.name=hinge --set optimizer.generator.rate=2e-4 --dry-run",
            "gansmith train digits --with my_parts.py --until converged",
        ),
    ),
    "resume": Command(
        "continue a run, exactly where it was",
        "gansmith.cli.training.resume",
        (
            "gansmith resume runs/digits-001",
            "gansmith resume runs/digits-001 --updates 5000",
            "gansmith resume runs/digits-001 --with my_parts.py",
            "gansmith resume runs/digits-001 --updates +500 --set optimizer.generator.rate=1e-4",
            "gansmith resume runs/from-a-gpu --device cpu",
            "gansmith resume runs/digits-001 --minutes +10 --polish",
            "gansmith resume runs/mine --data where/the/pictures/are/now",
        ),
    ),
    "sample": Command(
        "make pictures, rows, sounds or lines with a trained generator",
        "gansmith.cli.results.sample",
        (
            "gansmith sample runs/digits-001 --count 64 --seed 7 --out sheet.png",
            "gansmith sample runs/mnist-001 --count 10000 --seed 0 --out samples.npz",
            "gansmith sample runs/mnist-001 --count 16 --label 3 --truncation 0.7 --out threes/",
            "gansmith sample runs/digits-001 --seeds 0-99 --out hundred.png",
            "gansmith sample runs/digits-001 --between 3 8 --frames 120 --out walk.mp4",
            "gansmith sample runs/digits-001 --latents runs/digits-001/explore/001-project/latents.npz",
            "gansmith sample runs/table-001 --count 500 --where sex=F --out women.csv",
        ),
    ),
    "evaluate": Command(
        "measure how good the samples of a run are, or the items of a file or folder",
        "gansmith.cli.results.evaluate",
        (
            "gansmith evaluate runs/digits-001",
            "gansmith evaluate samples.npz --data path/to/mnist --json",
            "gansmith evaluate runs/mnist-001 --probe",
            "gansmith evaluate their-pictures/ --data my-pictures --count 2000",
        ),
    ),
    "explore": Command(
        "steer a trained generator: styles, directions, projection, completion, upscaling",
        "gansmith.cli.results.explore",
        (
            "gansmith explore runs/glyphs-001 grid",
            "gansmith explore runs/glyphs-001 average",
            "gansmith explore runs/glyphs-001 arithmetic 'thick-straight + thin-right'",
            "gansmith explore runs/mnist-001 inpaint --mask centre --variants 4",
            "gansmith explore runs/mnist-001 sense --measurements 25 100 400",
            "gansmith explore RUN VERB --help",
        ),
    ),
    "studio": Command(
        "watch, start and steer trainings in the browser",
        "gansmith.cli.studio",
        (
            "gansmith studio",
            "gansmith studio my-runs --port 8123 --no-browser",
            "gansmith studio runs/digits-001",
            "gansmith studio --host 192.168.1.20",
        ),
    ),
    "export": Command(
        "write a trained generator as a file: a page for any browser, ONNX, or safetensors with its plan",
        "gansmith.cli.results.export",
        (
            "gansmith export runs/digits-001 html",
            "gansmith export runs/mine-001 html --title 'My pictures' --licence CC-BY-4.0 --out mine.html",
            "gansmith export runs/digits-001 html --with-real 20 --consent",
            "gansmith export runs/digits-001 onnx",
            "gansmith export runs/digits-001 safetensors --checkpoint best",
        ),
    ),
    "push": Command(
        "send a trained generator to the Hub of Hugging Face, with a card",
        "gansmith.cli.results.push",
        (
            "gansmith push runs/digits-001 me/digits --licence CC-BY-4.0",
            "gansmith push runs/digits-001 me/digits --space --private",
        ),
    ),
    "pull": Command(
        "fetch a generator from the Hub, to sample, measure and explore it",
        "gansmith.cli.results.pull",
        ("gansmith pull me/digits", "gansmith pull me/digits@main --out runs/theirs"),
    ),
    "diagnose": Command(
        "find out what is wrong with a run, and what to change",
        "gansmith.cli.results.diagnose",
        (
            "gansmith diagnose runs/digits-001",
            "gansmith diagnose runs/digits-001 --json",
            "gansmith diagnose another-program/stats.jsonl",
        ),
    ),
    "compare": Command(
        "train several recipes over several seeds, and compare them on one page",
        "gansmith.cli.training.compare",
        (
            "gansmith compare article-001-plain article-001-labelled --seeds 3 --updates 2000",
            "gansmith compare digits digits+loss.name=hinge digits+regularizer.name=none --minutes 1 --jobs 2",
            "gansmith compare ring grid --out runs/modes --json",
            "gansmith compare digits digits+loss.name=hinge --with my_parts.py",
            "gansmith compare mnist mnist+loss.name=hinge --seeds 10 --ray auto --out /shared/grid",
        ),
    ),
    "articles": Command(
        "check the claims of five tutorials by training, and write a page on each",
        "gansmith.cli.training.articles",
        (
            "gansmith articles --data path/to/mnist",
            "gansmith articles 001 003 --data path/to/mnist --out studies",
            "gansmith articles --quick --data path/to/mnist",
            "gansmith articles 000 --only-pages",
        ),
    ),
    "recipes": Command(
        "list the recipes, or show one with its reasons",
        "gansmith.cli.recipes",
        ("gansmith recipes", "gansmith recipes mnist"),
    ),
    "settings": Command(
        "list the settings of a recipe: type, choices, default and meaning of every key",
        "gansmith.cli.settings",
        ("gansmith settings", "gansmith settings loss", "gansmith settings optimizer.generator --json"),
    ),
    "report": Command(
        "write a run's page again",
        "gansmith.cli.results.report",
        ("gansmith report runs/digits-001",),
    ),
    "data": Command(
        "download data, show what a source holds, or prepare it once",
        "gansmith.cli.data",
        (
            "gansmith data get mnist",
            "gansmith data info my-pictures",
            "gansmith data info my-pictures --augmented --sheet seen.png",
            "gansmith data prepare img_align_celeba faces-64 --size 64 --crop 108",
            "gansmith data prepare my-pictures my-store --size 48x64 --crop whole",
        ),
    ),
    "bench": Command(
        "measure training speed here, beside plain PyTorch loops and the machine's limit",
        "gansmith.cli.training.bench",
        ("gansmith bench", "gansmith bench dcgan-64 --seconds 30", "gansmith bench dense-28 --threads 1 --json"),
    ),
    "completion": Command(
        "print a script by which your shell completes commands, recipes, runs and settings",
        "gansmith.cli.completion",
        (
            "gansmith completion bash > ~/.local/share/bash-completion/completions/gansmith",
            "gansmith completion zsh > ~/.zfunc/_gansmith",
            "gansmith completion fish > ~/.config/fish/completions/gansmith.fish",
            "gansmith completion tcsh > ~/.gansmith.tcsh",
        ),
    ),
    "check": Command(
        "print what this machine has, and what `auto` means on it",
        "gansmith.cli.check",
        ("gansmith check", "gansmith check --json"),
    ),
}
