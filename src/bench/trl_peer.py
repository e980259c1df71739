"""The peer of `npm run bench -- iteration`: GRPOTrainer of TRL. Reads a JSON request a line and answers each with a JSON line."""
import json
import os
import sys
import threading
import time
from pathlib import Path
from queue import Queue

# Lets torchvision be imported beside a torch for the CPU, and keeps the hub out.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cluster"))
import policy  # noqa: F401
import torch
import transformers
import trl
from datasets import Dataset
from peer_memory import forget_peak, peak
from transformers import PreTrainedTokenizerFast, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
ITERATIONS = 1_000
state = {}


class Turns(TrainerCallback):
    """Lets the trainer take one iteration for each that is asked for."""

    def __init__(self, steps):
        self.steps, self.asked, self.done = steps, Queue(), Queue()

    def on_step_begin(self, args, now, control, **_):
        if now.global_step % self.steps == 0 and not self.asked.get():
            os._exit(0)

    def on_step_end(self, args, now, control, **_):
        if now.global_step % self.steps == 0:
            self.done.put(True)


def prepare(threads, folder, prompts, group, new_tokens, steps, beta, bf16):
    """Builds a trainer whose iteration asks so many prompts `group` times each, and takes so many gradient steps on the answers."""
    torch.set_num_threads(threads)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json", eos_token="t0", pad_token="t0", padding_side="left")
    rows = len(prompts) * group
    config = GRPOConfig(
        output_dir=f"{folder}/trl", use_cpu=True, bf16=bf16, report_to=[], logging_strategy="no", save_strategy="no", disable_tqdm=True,
        learning_rate=1e-5, lr_scheduler_type="constant", max_steps=ITERATIONS * steps, per_device_train_batch_size=rows // steps,
        steps_per_generation=steps, num_iterations=1, num_generations=group, max_completion_length=new_tokens, beta=beta,
        temperature=1.0, loss_type="grpo", gradient_checkpointing=False)
    turns = Turns(steps)
    forget_peak()
    trainer = GRPOTrainer(
        model=folder, args=config, train_dataset=Dataset.from_list([{"prompt": prompt} for prompt in prompts]),
        processing_class=tokenizer, reward_funcs=lambda completions, **_: [float(len(text) % 7) for text in completions], callbacks=[turns])
    threading.Thread(target=train, args=(trainer, turns), daemon=True).start()
    state["turns"] = turns
    return {}


def train(trainer, turns):
    try:
        trainer.train()
    except BaseException as error:
        turns.done.put(error)


def iterate():
    """One iteration: its completions, their rewards, the reference's log-probs, the gradient steps."""
    start, used = time.perf_counter(), time.process_time()
    state["turns"].asked.put(True)
    ended = state["turns"].done.get()
    if ended is not True:
        raise ended
    return {"seconds": time.perf_counter() - start, "processor": time.process_time() - used, "peakMemory": peak()}


commands = {"prepare": prepare, "iterate": iterate}
version = f"TRL {trl.__version__}, transformers {transformers.__version__}, PyTorch {torch.__version__}"
print(json.dumps({"version": version}), file=answers, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(commands[request.pop("command")](**request)), file=answers, flush=True)
