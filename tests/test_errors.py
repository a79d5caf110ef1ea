"""The exception tree is what its docstring draws."""

import re

from scanner import errors


def test_the_drawn_tree_is_the_real_tree() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)|^    (FocusrigError)$", errors.__doc__ or "", re.MULTILINE))
    names = {name for pair in drawn for name in pair if name}
    real = {cls.__name__ for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, Exception)}
    assert names == real


def test_codes_are_unique_and_an_error_reads_as_message_and_hint() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.FocusrigError)]
    assert len({c.code for c in classes}) == len(classes)
    assert str(errors.NoSpace("The card is full.", "Delete a scan.")) == "The card is full. Delete a scan."
