"""The tokenizer of a Gradus corpus: its SentencePiece model with nothing added, or the bytes themselves."""

import shutil
from pathlib import Path

from transformers import PreTrainedTokenizer


class GradusTokenizer(PreTrainedTokenizer):
    """Nothing is put before or after a text, and a text that spells a special token stays text: any text comes back
    as it was. The end-of-document token stands between documents of the corpus; `tokenizer.eos_token_id` is its id."""

    vocab_files_names = {"vocab_file": "tokenizer.model"}
    model_input_names = ["input_ids", "attention_mask"]

    def __init__(self, vocab_file=None, **kwargs):
        self.vocab_file, self.pieces = vocab_file, None
        if vocab_file is not None:
            from sentencepiece import SentencePieceProcessor

            self.pieces = SentencePieceProcessor(model_file=str(vocab_file))
        kwargs.setdefault("split_special_tokens", True)
        kwargs.setdefault("clean_up_tokenization_spaces", False)
        kwargs.setdefault("padding_side", "right")
        end = self.pieces.id_to_piece(self.pieces.eos_id()) if self.pieces else "<0x00>"
        kwargs.setdefault("eos_token", end)
        kwargs.setdefault("pad_token", end)
        super().__init__(**kwargs)

    @property
    def vocab_size(self):
        return self.pieces.get_piece_size() if self.pieces else 256

    def get_vocab(self):
        return {self._convert_id_to_token(i): i for i in range(self.vocab_size)}

    def _tokenize(self, text, **_):
        return self.pieces.encode(text, out_type=str) if self.pieces else [f"<0x{b:02X}>" for b in text.encode()]

    def _convert_token_to_id(self, token):
        return self.pieces.piece_to_id(token) if self.pieces else int(token[3:5], 16)

    def _convert_id_to_token(self, index):
        return self.pieces.id_to_piece(index) if self.pieces else f"<0x{index:02X}>"

    def convert_tokens_to_string(self, tokens):
        if self.pieces:
            return self.pieces.decode(tokens)
        return bytes(int(token[3:5], 16) for token in tokens).decode(errors="replace")

    def save_vocabulary(self, save_directory, filename_prefix=None):
        if self.pieces is None:
            return ()
        name = (filename_prefix + "-" if filename_prefix else "") + "tokenizer.model"
        target = Path(save_directory) / name
        if target.resolve() != Path(self.vocab_file).resolve():
            shutil.copyfile(self.vocab_file, target)
        return (str(target),)
