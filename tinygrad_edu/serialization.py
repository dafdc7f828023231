"""serialization: weights as files that hold numbers and nothing else: safetensors, and .npz without pickle.

A pickle is a program that runs when it is opened; none is ever opened here. Before memory is taken
for a Tensor, the file has been found to be as long as its header says.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from .devices import check_device
from .errors import DataFileError, DtypeError, MissingExtraError, TinygradError
from .files import write_whole
from .packing import pack, unpack
from .tensor import Tensor

__all__ = ["load", "load_metadata", "save"]

# What a safetensors header calls a dtype; BF16 is the upper half of a float32.
_DTYPES = {"F64": "f8", "F32": "f4", "F16": "f2", "BF16": "u2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1",
           "U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "u1"}  # fmt: skip
_HELD = {np.dtype(code) for code in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")}
_PICKLED = (".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt")
_METADATA = "__metadata__"  # in a .npz: this and .json
_NESTED = "__nested__"  # in the metadata: the form of a state with dicts in it
_CONVERT = """where PyTorch is and the file is trusted, once:
from safetensors.torch import save_file
save_file(torch.load(path, weights_only=True), "weights.safetensors")"""
_MOST_METADATA = 1 << 24


def save(state: Mapping[str, Any], path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None) -> Path:
    """Write a `state_dict` to a file, whole or not at all; returns the path.

    Args:
        state: from names to Tensors or arrays; or, as an optimizer's, with dicts, lists and plain
            values in it: its Tensors are named by their path, `state.0.exp_avg`, and the rest is
            JSON in the file's header.
        path: ends in .safetensors (which PyTorch and Hugging Face read; the extra `weights`), or
            in .npz (which NumPy reads).
        metadata: texts to keep beside the numbers.

    Raises:
        TinygradError: for another ending, or for what is not a dict of numbers by name.
        MissingExtraError: for .safetensors without the package safetensors.
        OSError: if the file cannot be written; a file that was there stays as it was.

    >>> import tempfile, tinygrad_edu as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save({"weight": tg.ones(2)}, f"{folder}/net.npz", metadata={"made by": "me"})
    ...     load(path), load_metadata(path)
    ({'weight': tensor([1., 1.])}, {'made by': 'me'})
    """
    target = Path(os.path.realpath(path))  # of a link, by the name of what it leads to
    if target.suffix.lower() in _PICKLED:
        raise DataFileError(
            f"{target.name}: files with this ending are pickles, which are never written here.",
            expected=".safetensors, which PyTorch reads as well, or .npz",
            got=repr(target.suffix),
            mend=_named(Path(path)),
        )
    write = _format(target)[0]
    texts = dict(metadata or {})
    if isinstance(state, Mapping) and any(isinstance(value, Mapping) for value in state.values()):
        flat: dict[str, Any] = {}
        texts[_NESTED] = json.dumps(pack(state, flat))
        state = flat
    arrays = _arrays(state)
    if not all(isinstance(text, str) for pair in texts.items() for text in pair):
        raise TinygradError("metadata is texts by name.", got=repr(texts), mend="str(…), or json.dumps(…)")
    return write_whole(path, lambda file: write(file, arrays, texts))


def load(path: str | os.PathLike[str], map_location: Any = None, weights_only: bool = True) -> dict[str, Any]:
    """The Tensors in a .safetensors or .npz file, by name: what `load_state_dict` takes, as it was saved.

    bfloat16, which NumPy lacks, becomes float32.

    Args:
        map_location: None or "cpu".
        weights_only: for PyTorch's sake; these files hold nothing else.

    Raises:
        DataFileError: if the file is missing, truncated, corrupt, not what its name says, or a pickle.
        DeviceError: for a `map_location` that is not here.
        MissingExtraError: for .safetensors without the package safetensors.

    >>> import tempfile, tinygrad_edu as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(tg.nn.Linear(2, 1).state_dict(), f"{folder}/net.npz")
    ...     tg.nn.Linear(2, 1).load_state_dict(load(path))
    Keys(missing_keys=[], unexpected_keys=[])
    """
    check_device(map_location)
    arrays, texts = _read(path)
    tensors = {name: Tensor(array) for name, array in arrays.items()}
    if _NESTED not in texts:
        return tensors
    try:
        state = json.loads(texts[_NESTED])
        if not isinstance(state, dict):
            raise TypeError(f"{type(state).__name__} instead of a dict")
        return unpack(state, tensors)  # type: ignore[no-any-return]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _corrupt(Path(path), f"its header does not fit its arrays ({error!r})") from None


def load_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts that `save` was given as `metadata`; raises as `load`.

    >>> import tempfile, tinygrad_edu as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load_metadata(save({"weight": tg.ones(2)}, f"{folder}/net.npz", metadata={"accuracy": "0.97"}))
    {'accuracy': '0.97'}
    """
    return {name: text for name, text in _read(path)[1].items() if name != _NESTED}


def _arrays(state: Any) -> dict[str, np.ndarray]:
    """The values of a state_dict as contiguous arrays of dtypes that both formats hold."""
    if not isinstance(state, Mapping):
        raise TinygradError(
            "save takes a dict from names to Tensors.",
            got=type(state).__name__,
            mend="pass module.state_dict()" if hasattr(state, "state_dict") else "",
        )
    found = {}
    for name, value in state.items():
        array = np.asarray(value._data if isinstance(value, Tensor) else value, order="C")
        if not isinstance(name, str) or name == _METADATA or "\0" in name:
            raise TinygradError(f"save: a name is a text, and not {_METADATA!r}.", got=repr(name))
        if array.dtype.newbyteorder("=") not in _HELD:
            raise DtypeError(f"save: {name!r} is not numbers that a file can hold.", got=f"dtype {array.dtype}")
        found[name] = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return found


def _format(path: Path) -> tuple[Callable[..., None], Callable[..., Any]]:
    """How to write and read the file, by its ending."""
    ending = path.suffix.lower()
    if ending == ".safetensors":
        return _write_safetensors, _read_safetensors
    if ending == ".npz":
        return _write_npz, _read_npz
    if ending in _PICKLED:
        raise _pickle(path)
    raise DataFileError(
        f"{path.name}: the name does not say the format.",
        expected=".safetensors or .npz",
        got=repr(path.suffix),
        mend=_named(path),
    )


def _named(path: Path) -> str:
    """What the file could be called instead."""
    stem = path.stem if path.suffix.lower() in _PICKLED else path.name
    return f"{stem}.safetensors or {stem}.npz"


def _pickle(path: Path) -> DataFileError:
    return DataFileError(
        f"{path.name} is a pickle, or named like one: a program that runs when it is opened. It was not opened.",
        expected=".safetensors or .npz",
        mend=_CONVERT,
    )


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    path = Path(path)
    try:
        with open(path, "rb") as file:  # first of all: that there is none is said before what its name says
            read = _format(path)[1]
            start = file.read(9)
            named_data = start[8:] == b"{"  # the header of safetensors; its length may look like a pickle's start
            if start[:1] == b"\x80" and start[1:2] in b"\1\2\3\4\5" and not named_data:
                raise _pickle(path)
            file.seek(0)
            return read(file, path)
    except OSError as error:
        raise DataFileError(
            f"{path} cannot be read: {error.strerror or error}.", mend="check the path and its permissions"
        ) from None


def _corrupt(path: Path, why: Any) -> DataFileError:
    return DataFileError(f"{path.name} is truncated or corrupt: {why}.", mend="fetch it, or save it, again")


def _array(shape: Any, dtype: Any, data: Any, order: Any = "C", start: int = 0) -> np.ndarray:
    """`data` as a native array of its own; the caller has checked that it is as long as it says."""
    seen: np.ndarray = np.ndarray(shape, dtype, data, start, order=order)
    return np.array(seen, seen.dtype.newbyteorder("="), order="C")


# safetensors: by its own package.


def _safetensors() -> Any:
    try:
        import safetensors
    except ImportError:
        raise MissingExtraError(
            ".safetensors files need the package safetensors, which is not installed.",
            mend='pip install "tinygrad_edu[weights]"; .npz files need nothing',
        ) from None
    return safetensors


def _write_safetensors(file: IO[bytes], arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    _safetensors()
    from safetensors.numpy import save as as_bytes

    file.write(as_bytes(arrays, metadata or None))


def _read_safetensors(file: IO[bytes], path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    library = _safetensors()
    if file.read(2) == b"PK" and file.seek(8) and file.read(1) != b"{":
        raise _pickle(path)
    try:
        with library.safe_open(path, "np") as seen:  # checks every length, and takes no memory
            metadata = dict(seen.metadata() or {})
        file.seek(0)
        found = library.deserialize(file.read())
    except library.SafetensorError as error:
        raise _corrupt(path, error) from None
    arrays = {}
    for name, held in found:
        code, shape = held["dtype"], held["shape"]
        if code not in _DTYPES:
            raise DataFileError(
                f"{path.name}: {name!r} is of a dtype that NumPy lacks.", expected=", ".join(_DTYPES), got=code
            )
        try:
            array = _array(shape, np.dtype(_DTYPES[code]).newbyteorder("<"), held["data"])
        except (ValueError, TypeError, OverflowError) as error:  # more axes than NumPy has, a size beyond its integers
            raise _corrupt(path, f"{name!r} has a shape that NumPy cannot hold ({error})") from None
        if code == "BF16":
            array = (array.astype(np.uint32) << 16).view(np.float32)
        arrays[name] = array != 0 if code == "BOOL" else array
    return arrays, metadata


# .npz: a zip archive with a .npy file for each array.


def _write_npz(file: IO[bytes], arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    import zipfile

    with zipfile.ZipFile(file, "w") as archive:  # np.savez would not take an array called "file"
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        if metadata:
            archive.writestr(f"{_METADATA}.json", json.dumps(metadata))


def _read_npz(file: IO[bytes], path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    import zipfile

    arrays: dict[str, np.ndarray] = {}
    metadata: dict[str, str] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for member in _members(archive, path):
                if member.filename == f"{_METADATA}.json":
                    metadata = _texts(archive.read(member))
                else:
                    arrays[member.filename.removesuffix(".npy")] = _member(archive, member, path)
    except TinygradError:
        raise
    except Exception as error:  # whatever these parsers stumble over, the file is at fault
        raise _corrupt(path, error or type(error).__name__) from None
    return arrays, metadata


def _members(archive: Any, path: Path) -> Iterator[Any]:
    """The members, once it is known that they are no pickles and not larger than the file."""
    members = archive.infolist()
    if any(member.filename.endswith(".pkl") for member in members):
        raise _pickle(path)
    if any(member.compress_type or member.compress_size != member.file_size for member in members):
        raise DataFileError(
            f"{path.name} is compressed: what it unpacks to is not known before.",
            mend="once: np.savez(new_path, **np.load(path))",
        )
    if len({member.filename for member in members}) < len(members):
        raise _corrupt(path, "two members have one name")
    size, held = path.stat().st_size, sum(member.file_size for member in members)
    if held > size:
        raise _corrupt(path, f"its members hold {held} bytes, but the file has {size}")
    yield from members


def _texts(content: bytes) -> dict[str, str]:
    if len(content) > _MOST_METADATA:
        raise ValueError(f"{len(content)} bytes of metadata")
    found = json.loads(content)
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise ValueError("its metadata is not texts by name")
    return found


def _member(archive: Any, member: Any, path: Path) -> np.ndarray:
    """One array: its header is read first, and says exactly how long the rest is."""
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, turned, dtype = header(stream)
        if dtype.newbyteorder("=") not in _HELD:
            what = "pickled objects, which were not opened" if dtype.hasobject else f"dtype {dtype}"
            raise DataFileError(
                f"{path.name}: {member.filename} holds no numbers that a Tensor can.",
                expected="floats, integers or bools",
                got=what,
            )
        needed, there = math.prod(shape) * dtype.itemsize, member.file_size - stream.tell()
        if min(shape, default=0) < 0 or needed != there:
            raise _corrupt(path, f"{member.filename}: {shape} of {dtype} is {needed} bytes, but it has {there}")
        data = stream.read()
    if dtype.kind == "b":
        return _array(shape, np.uint8, data, "F" if turned else "C") != 0
    return _array(shape, dtype, data, "F" if turned else "C")
