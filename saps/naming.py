"""The name of data whose configuration gives none: that of their folder.

Importing this module lets configurations say `${saps.folder_name:PATH}`, as conf/data does.
"""

from pathlib import Path

from omegaconf import OmegaConf


def folder_name(path: object) -> str:
    """Return the last part of a path: /x/short/ is called short, and so is `.` within it."""
    return Path(str(path)).resolve().name


OmegaConf.register_new_resolver("saps.folder_name", folder_name, replace=True)
