"""weakref: references here hold what they refer to; it lives as long as the unit does."""


class ref:
    def __init__(self, object, callback=None):
        self._object = object

    def __call__(self):
        return self._object


ReferenceType = ref
WeakValueDictionary = WeakKeyDictionary = dict
WeakSet = set


def proxy(object, callback=None):
    return object
