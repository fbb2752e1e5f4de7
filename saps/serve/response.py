"""JSON as the service writes it."""

import json
from typing import Any

from starlette.responses import JSONResponse

from saps.json_value import jsonable


class JsonResponse(JSONResponse):
    """Standard JSON, also where a value is infinite; see `jsonable`."""

    def render(self, content: Any) -> bytes:
        text = json.dumps(jsonable(content), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8", "backslashreplace")
