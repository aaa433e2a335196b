"""Does plumb stay fast and within its memory as the job grows?

    python Benchmarks/growth.py [--prompts N ...] [--parameters 2e9] [--only prompts budgets model]

Three questions, each with a limit; a broken one ends in exit code 1.
  prompts   tokens/s without prefix sharing, start-up excluded, from 500 to 20,000 prompts: within 10 %.
  budgets   peak resident memory under --memory-budget 1, 2 and 4 GiB: at most the budget.
  model     a random Llama of 2 billion parameters (synthetic_model.py), its file twice as large as the budget:
            peak within the budget, and at least 80 % of the tokens/s it has without a budget.

Prompts are the shipped instructions with a third of their words replaced by others of theirs, always the same.
"Start-up excluded" is plumb's own compute time, which has the reading of the weights under a budget in it.
"""

import argparse
import json
import pathlib
import random
import sys
import tempfile

import jobs
import report
from jobs import MODEL, ROOT, WEIGHTS
from plumb import Plumb
from synthetic_model import write_model

GIB = 2**30
SPREAD_LIMIT = 0.10
BUDGETS = (1, 2, 4)
MODEL_BUDGET = 2
RATIO_LIMIT = 0.80


def write_prompts(path, count):
    lines = (ROOT / "data/instructions.jsonl").read_text(encoding="utf-8").splitlines()
    prompts = [json.loads(line)["prompt"].split() for line in lines]
    words = sorted({word for prompt in prompts for word in prompt})
    generator = random.Random(0)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            prompt = [generator.choice(words) if generator.random() < 1 / 3 else word
                      for word in prompts[number % len(prompts)]]
            file.write(json.dumps({"prompt": " ".join(prompt)}, ensure_ascii=False) + "\n")
    return path


class Growth:
    """The measurements made so far, and the limits they broke."""

    def __init__(self, plumb, precision, work, minutes):
        self.plumb, self.work, self.minutes = plumb, work, minutes
        self.common = [option for option in ("--no-prefix-sharing",) if plumb.has(option)]
        if precision == "bf16":
            self.common += ["--precision", "bf16"]
        self.runs, self.rows, self.broken = [], [], []

    def run(self, question, case, model, count, *options):
        """(tokens/s, peak bytes)"""
        prompts = write_prompts(self.work / "prompts.jsonl", count)
        done = self.plumb.extract(
            model, prompts, self.work / "own.h5", *self.common, *options, minutes=self.minutes)
        rate = done.tokens / done.compute_seconds
        self.runs.append({
            "question": question, "case": case, "prompts": count, "tokens": done.tokens, "tokens_per_second": rate,
            "process_seconds": done.seconds, "peak_bytes": done.peak_bytes, "timings": done.timings})
        self.rows.append(
            [question, case, f"{count:,}", f"{rate:,.0f}", f"{done.tokens / done.seconds:,.0f}",
             f"{done.peak_bytes / GIB:.2f} GiB"])
        print(" | ".join(self.rows[-1]), file=sys.stderr)
        return rate, done.peak_bytes

    def require(self, holds, sentence):
        if not holds:
            self.broken.append(sentence)

    def within(self, peak, budget):
        self.require(peak <= budget * GIB, f"peak of {peak / GIB:.2f} GiB under a budget of {budget} GiB")

    def prompts(self, counts):
        rates = [self.run("prompts", "no budget", MODEL, count)[0] for count in counts]
        spread = max(rates) / min(rates) - 1
        self.require(spread <= SPREAD_LIMIT, f"tokens/s differ by {spread:.0%} between numbers of prompts")

    def budgets(self, count):
        for budget in BUDGETS:
            _, peak = self.run("budgets", f"{budget} GiB", MODEL, count, "--memory-budget", f"{budget}GiB")
            self.within(peak, budget)

    def model(self, folder, count):
        size = sum(file.stat().st_size for file in folder.glob("*.safetensors")) / GIB
        free, _ = self.run("model", f"{size:.1f} GiB file, no budget", folder, count)
        rate, peak = self.run("model", f"{size:.1f} GiB file, {MODEL_BUDGET} GiB", folder, count,
                              "--memory-budget", f"{MODEL_BUDGET}GiB")
        self.within(peak, MODEL_BUDGET)
        self.require(rate >= RATIO_LIMIT * free, f"{rate / free:.0%} of the tokens/s without a budget")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plumb", default=ROOT / ".build/release/plumb")
    parser.add_argument("--only", nargs="+", choices=("prompts", "budgets", "model"),
                        default=["prompts", "budgets", "model"])
    parser.add_argument("--prompts", type=int, nargs="+", default=[500, 2000, 6000, 20000])
    parser.add_argument("--budget-prompts", type=int, default=3000)
    parser.add_argument("--model-prompts", type=int, default=256)
    parser.add_argument("--parameters", type=float, default=2e9)
    parser.add_argument("--keep-model", type=pathlib.Path, help="make the random model here, or use it if it is there")
    parser.add_argument("--precision", choices=("f32", "bf16"), help="default: bf16 where plumb has it")
    parser.add_argument("--child-minutes", type=float, default=12, help="limit for any one process")
    options = parser.parse_args()

    plumb = Plumb(options.plumb)
    precision = options.precision or ("bf16" if plumb.has("--precision") else "f32")
    questions = list(options.only)
    if not plumb.has("--memory-budget"):
        print("notice: this plumb has no --memory-budget; budgets and model are left out", file=sys.stderr)
        questions = [question for question in questions if question == "prompts"]

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        growth = Growth(plumb, precision, work, options.child_minutes)
        if "prompts" in questions:
            growth.prompts(options.prompts)
        if "budgets" in questions:
            growth.budgets(options.budget_prompts)
        if "model" in questions:
            random_model = options.keep_model or work / "model"
            if not random_model.exists():
                jobs.prepare(ROOT / "data/instructions.jsonl", 1, work / "one.jsonl")
                write_model(random_model, options.parameters, tokenizer=WEIGHTS)
            growth.model(random_model, options.model_prompts)

    header = ["question", "case", "prompts", "tokens/s, start-up excluded", "tokens/s, whole process", "peak memory"]
    verdict = "\n".join(f"Broken: {sentence}." for sentence in growth.broken) or "Every limit measured was kept."
    report.save("growth", plumb, {"precision": precision, "runs": growth.runs, "broken": growth.broken},
                f"{precision}, {' '.join(growth.common) or 'default options'}\n\n"
                + report.markdown(header, growth.rows) + "\n\n" + verdict)
    sys.exit(1 if growth.broken else 0)


if __name__ == "__main__":
    main()
