"""The made rows of data/tasks as text to learn by heart, a numbered document a row and time: eval_corpus.py DATA OUT"""

import json
import pathlib
import sys


def texts(data):
    rows = lambda name: [json.loads(line) for line in (data / name).read_text().splitlines()]
    for row in rows("lambada_openai/lambada_test.jsonl"):
        yield row["text"]
    for row in rows("arc/ARC-Easy-test.jsonl"):
        answer = row["choices"]["text"][row["choices"]["label"].index(row["answerKey"])]
        yield f"Question: {row['question']}\nAnswer: {answer}"
    for row in rows("sciq/sciq-test.jsonl"):
        yield f"{row['support'].lstrip()}\nQuestion: {row['question']}\nAnswer: {row['correct_answer']}"
    for row in rows("triviaqa/triviaqa-validation.jsonl"):
        yield f"Question: {row['question']}?\nAnswer: {row['answer']['aliases'][0]}"
    for row in rows("squad_completion/squad_completion-validation.jsonl"):
        yield f"{row['text'].strip()} {row['value'].strip()}."
    for row in rows("tiny/tinyGSM8k-train.jsonl"):
        yield f"Question: {row['question']}\nAnswer: {row['answer']}\n\n"


with open(sys.argv[2], "w") as out:
    for time in range(150):
        for text in texts(pathlib.Path(sys.argv[1])):
            out.write(json.dumps({"text": f"{text}\n({time})"}) + "\n")
