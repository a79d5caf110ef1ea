"""Units of the quantities that cross the border of the process.

Each alias is a plain ``float`` or ``int`` to the type checker; the unit travels in the JSON schema, so that a form
or a reader of the API document sees it.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Dioptres = Annotated[float, Field(json_schema_extra={"unit": "D"})]
"""Lens position in dioptres, 1/m, as libcamera counts it: larger is nearer."""

FocusPosition = Annotated[float, Field(json_schema_extra={"unit": "focus"})]
"""Where the focus drive stands, in its own unit (`FocusFacts.unit`): dioptres of a lens, millimetres of a rail. Larger
is nearer to the camera. In a schema its unit is called "focus": that of the drive in use."""

Degrees = Annotated[float, Field(json_schema_extra={"unit": "°"})]
Seconds = Annotated[float, Field(json_schema_extra={"unit": "s"})]
Microseconds = Annotated[int, Field(json_schema_extra={"unit": "µs"})]
Millimetres = Annotated[float, Field(json_schema_extra={"unit": "mm"})]
Micrometres = Annotated[float, Field(json_schema_extra={"unit": "µm"})]
Pixels = Annotated[int, Field(json_schema_extra={"unit": "px"})]


class Frozen(BaseModel):
    """Immutable data that crosses the border of the process: unknown keys, NaN and infinities are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
