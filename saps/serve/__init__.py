"""The local HTTP service; needs `pip install "saps[serve]"`.

Imports nothing by itself: the processes that run programs are to start without torch.
"""
