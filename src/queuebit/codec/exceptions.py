"""What the codec raises."""


class CodecError(Exception):
    """What was stored can't be read: it is damaged, incomplete, or from a newer version. The text says what to do."""


class NotStorableError(CodecError, TypeError):
    """A value was given that can't be stored. The text says where it is and what can be."""
