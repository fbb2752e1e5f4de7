"""The page that describes the service: one piece of HTML, with nothing from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
pre, code { font-family: ui-monospace, monospace; background: #8881 }
pre { padding: .7rem; white-space: pre-wrap; overflow-wrap: anywhere }
table { margin-bottom: 1rem } td, th { text-align: left; padding: .1rem 1rem .1rem 0;
vertical-align: top } h2 { margin-top: 2.5rem }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd } a { color: #8bf } }
"""


def api_page(schema: Mapping[str, Any], url: str) -> str:
    """Return the page for the OpenAPI description of the service at a URL."""
    info = schema["info"]
    body = "\n".join(_operations(schema, url))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(info['title'])} {escape(info['version'])}</title>"
        f"<style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info['description'])} The same for programs: "
        '<a href="/openapi.json">openapi.json</a>.</p>'
        f"{body}</body></html>"
    )


def _operations(schema: Mapping[str, Any], url: str) -> Iterator[str]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"<h2>{method.upper()} {escape(path)}</h2>"
            yield f"<p>{escape(operation['description'])}</p>"
            request = _request_schema(schema, operation)
            yield f"<pre>{escape(_command(f'{url}{path}', request))}</pre>"
            if request is not None:
                yield _table(request)
            yield _statuses(operation)


def _request_schema(
    schema: Mapping[str, Any], operation: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    if "requestBody" not in operation:
        return None
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    found: Mapping[str, Any] = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _command(address: str, request: Mapping[str, Any] | None) -> str:
    if request is None:
        return f"curl -s {address}"
    example = json.dumps(request["examples"][0])
    return f"curl -s {address} -H 'Content-Type: application/json' -d '{example}'"


def _table(request: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td>"
        f"<td>{escape(field.get('description', ''))}</td></tr>"
        for name, field in request["properties"].items()
    )
    return f"<table>{rows}</table>"


def _statuses(operation: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{status}</td><td>{escape(answer['description'])}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return f"<table>{rows}</table>"
