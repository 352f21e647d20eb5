"""How long lm-evaluation-harness takes to score tasks: seconds after load and tokenisation, wall and processors, at its
best batch size and matrix back end. Usage: eval.py MODEL.safetensors TOKENIZER.model CONTEXT DATA LIMIT TASK.yaml…"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "peer"))
import eval_peer
import torch
from safetensors.torch import load_file


def main():
    weights, tokenizer, context, data, limit = sys.argv[1:6]
    import lm_eval
    from lm_eval.models.huggingface import HFLM

    model = eval_peer.llama(load_file(weights), int(context))
    for path in sys.argv[6:]:
        tasks = list(eval_peer.configs(pathlib.Path(path), pathlib.Path(data).absolute()))
        best = {}
        for batch in (16, 64):
            for precision in ("highest", "medium"):  # MKL, oneDNN
                torch.set_float32_matmul_precision(precision)
                harness = HFLM(pretrained=model, tokenizer=eval_peer.Pieces(tokenizer), batch_size=batch,
                               max_length=int(context), dtype="float32", device="cpu")
                inner, spent = harness._loglikelihood_tokens, []

                def timed(requests, **kwargs):
                    wall, processor = time.time(), time.process_time()
                    out = inner(requests, disable_tqdm=True)
                    spent.append((time.process_time() - processor, time.time() - wall, len(requests)))
                    return out

                harness._loglikelihood_tokens = timed
                lm_eval.simple_evaluate(model=harness, tasks=tasks, limit=int(limit) or None, bootstrap_iters=0,
                                        verbosity="ERROR")
                seconds = tuple(sum(s[k] for s in spent) for k in range(3))
                best[batch, precision] = seconds
        choice = min(best, key=lambda key: best[key][0])
        processor, wall, sums = best[choice]
        print(f"{pathlib.Path(path).stem}\t{sums} sums\t{wall:.2f} s\t{processor:.2f} s of processors\t"
              f"batch {choice[0]}, {choice[1]}", flush=True)


if __name__ == "__main__":
    main()
