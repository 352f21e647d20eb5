"""Loggers to nowhere."""

from logging import CRITICAL, DEBUG, ERROR, FATAL, INFO, NOTSET, WARN, WARNING, getLogger
from tqdm import tqdm


def get_logger(name=None):
    return getLogger(name or "transformers")


def get_verbosity():
    return WARNING


def set_verbosity(verbosity):
    return None


def _nothing(*args, **kwargs):
    return None


set_verbosity_info = set_verbosity_warning = set_verbosity_debug = set_verbosity_error = _nothing
disable_default_handler = enable_default_handler = add_handler = remove_handler = disable_propagation = _nothing
enable_propagation = enable_explicit_format = reset_format = enable_progress_bar = disable_progress_bar = _nothing


def is_progress_bar_enabled():
    return False
