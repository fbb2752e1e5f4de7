"""The local HTTP service; needs `pip install "saps[serve]"`.

`server` reads HTTP from a socket, and has the bounds of everything. A request passes the
`middleware`, which reads its body within bounds and ends with its client; `http_app` checks it by
`schemas` and answers it. A specification waits in one of the queues of `batcher` for the next batch
of the model. A program runs in one of the processes of `sandbox`, whose other end is
`sandbox_process`. `responses` has the one form of all errors. The files of `page/` are served as
they are.

Imports nothing by itself: the processes that run programs are to start without torch.
"""
