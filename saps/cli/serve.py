"""`saps serve`: the model behind a local HTTP service."""

import sys
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Annotated

import typer

from saps.cli.console import CommandError, DebugOption, ModelOption


def serve(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="0 takes any free one.")
    ] = 8000,
    host: Annotated[
        str, typer.Option("--host", help="Another address makes the service public.")
    ] = "127.0.0.1",
    model: ModelOption = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds until a request gets a 504.")
    ] = 30.0,
    max_waiting: Annotated[
        int, typer.Option("--max-waiting", min=1, help="Most requests at a time; others get a 503.")
    ] = 128,
    _debug: DebugOption = False,
) -> None:
    """Serve /synthesize, /run and /health over HTTP, as JSON; docs/serve.md has examples.

    saps serve --port 8000
    """
    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        raise CommandError(
            f"saps serve needs {' and '.join(missing)}, which is not installed: "
            'pip install "saps[serve]"'
        )
    from saps.serve.http_app import create_app
    from saps.serve.server import BACKLOG, LOOPBACK_NAMES, ServiceSettings, listen, server_for
    from saps.synthesis.synthesizer import Synthesizer

    with listen(host, port) as bound:  # before the model is loaded: a port in use is told at once
        address, free_port = bound.getsockname()[:2]
        is_local = ip_address(address).is_loopback
        if not is_local:
            print(
                f"saps: warning: {host} is not the loopback address: anyone who reaches this "
                "machine can use the service; it has no passwords",
                file=sys.stderr,
            )
        settings = ServiceSettings(
            timeout_s=timeout,
            max_waiting=max_waiting,
            host_names=LOOPBACK_NAMES | {host} if is_local else None,
        )
        app = create_app(Synthesizer.load(model), settings, model or "bundled")
        bound.listen(BACKLOG)  # from here on clients may come
        shown = f"[{address}]" if ":" in address else address
        print(f"serving on http://{shown}:{free_port}", flush=True)
        print("Ctrl-C stops it; /docs describes it", file=sys.stderr)
        try:
            server_for(app, settings).run(sockets=[bound])
        except KeyboardInterrupt:  # raised anew by the server once it has stopped
            print("stopped", file=sys.stderr)
