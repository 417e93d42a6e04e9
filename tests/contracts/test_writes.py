"""One place writes files: `artifacts.write_atomically` and what is built on it."""

import ast
from pathlib import Path

import pytest

import gnnpool

ROOT = Path(gnnpool.__file__).parent
ADAPTERS = Path(__file__).parents[2] / "workflow"
# Functions and methods that write a file of a given name.
WRITERS = {
    *("write_text", "write_bytes", "touch", "savefig", "save_file", "tofile"),
    *("to_csv", "to_parquet", "to_json", "to_feather", "to_pickle", "to_hdf"),
    *("copy2", "copyfile", "copytree", "FileHandler", "ParquetWriter"),
    *("NamedTemporaryFile", "mkstemp", "memmap", "OSFile", "ExcelWriter", "move"),
}
# The same, of modules where these words mean nothing else.
OF_A_MODULE = {
    *("torch.save", "np.save", "np.savez", "np.savez_compressed", "np.savetxt", "pq.write_table"),
    *("json.dump", "pickle.dump", "shutil.copy"),
}
# Modules whose `open` takes the path first, as the builtin does.
OPENERS = ("gzip", "io", "tarfile", "zipfile", "archive", "Image")
# Functions that open a file in a mode, the second argument, as the builtin `open` does.
OPENING = {"open", "fdopen", "ZipFile", "TarFile"}
# `write_atomically` passes a path of this name; only there may a file be written.
TEMPORARY = "temporary"
ALLOWED = {
    ("bundle/verify.py", "write_text"): "a configuration inside a temporary folder",
    ("cli.py", "os.open"): "the null device, after a closed pipe",
    ("controller.py", "write_text"): "renamed at once; the controller loads no library of files",
    ("data/packed_folder.py", "open"): "into a stream that its caller opened",
    ("data/graphql.py", "open"): "appends the time of a request, one line in one write",
    ("doctor/study.py", "NamedTemporaryFile"): "an empty file that tries the lock and is removed",
    ("figures/draw.py", "savefig"): "into memory",
    ("journal.py", "open"): "appends one line in one write; damaged lines are passed over",
    ("lock.py", "os.open"): "a lock is an empty file",
    ("logs.py", "FileHandler"): "a log is read by people, and a truncated one still is a log",
    ("network_check.py", "open"): "answers of a child process inside a temporary folder",
    ("seal.py", "open"): "puts the checksum into a file that has no name yet",
    ("shipped.py", "copyfile"): "into a folder that is renamed once it is complete",
    ("shipped.py", "copytree"): "into a folder that is renamed once it is complete",
    ("training/checkpoint.py", "torch.save"): "into memory",
}


def writes(source: str) -> list[tuple[str, int]]:
    """What writes a file in a module, outside of functions for `write_atomically`, with its line."""
    tree = ast.parse(source)
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            call, name = calls.get(id(node)), _writer(node, calls.get(id(node)))
            if name and not (call and _is_temporary(node, call)):
                found.append((name, node.lineno))
    return found


def _writer(node: ast.Attribute | ast.Name, call: ast.Call | None) -> str | None:
    name, whole = (node.attr if isinstance(node, ast.Attribute) else node.id), ast.unparse(node)
    if whole == "os.open":
        return whole if call and ast.unparse(call.args[1]) != "os.O_RDONLY" else None
    if name in OPENING:
        return name if call and _mode(node, call) & set("wax+") else None
    if whole in OF_A_MODULE:
        return whole
    # Of a path; pandas renames columns by keywords.
    if name == "rename":
        return name if call and call.args else None
    # Without a path, a text is returned; a function of this name is none of pandas.
    text = name.startswith("to_") and (isinstance(node, ast.Name) or (call and not call.args))
    return name if name in WRITERS and not text else None


def _mode(node: ast.Attribute | ast.Name, call: ast.Call) -> set[str]:
    """Letters of the mode of `open(path, mode)` or `path.open(mode)`; "w" if it is computed."""
    whole = ast.unparse(node)
    method = whole.endswith(".open") and whole.removesuffix(".open") not in OPENERS
    named = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    for mode in named or call.args[0 if method else 1 :][:1]:
        return set(mode.value if isinstance(mode, ast.Constant) else "w")
    return set("r")


def _is_temporary(node: ast.Attribute | ast.Name, call: ast.Call) -> bool:
    receiver = [node.value] if isinstance(node, ast.Attribute) else []
    return any(isinstance(part, ast.Name) and part.id == TEMPORARY for part in [*receiver, *call.args])


@pytest.mark.parametrize(
    "line",
    [
        "open(path, 'w')",
        "open(path, mode='ab')",
        "open(path, mode)",
        "path.open('r+')",
        "gzip.open(path, 'wb')",
        "os.open(path, flags)",
        "os.open(path, os.O_RDWR | os.O_CREAT)",
        "path.write_text(text)",
        "Path(folder, 'a').write_bytes(content)",
        "path.touch()",
        "table.to_parquet(path)",
        "table.to_csv(path)",
        "partial(figure.savefig, format='png')",
        "torch.save(state, path)",
        "json.dump(content, file)",
        "np.save(path, array)",
        "pq.write_table(table, path)",
        "shutil.copy(source, target)",
        "shutil.copyfile(source, target)",
        "shutil.move(source, target)",
        "source.rename(target)",
        "os.rename(source, target)",
        "os.fdopen(file, 'w')",
        "zipfile.ZipFile(path, 'w')",
        "zipfile.ZipFile(path, mode='a')",
        "tarfile.open(path, 'w:gz')",
        "pa.OSFile(path, 'wb')",
        "np.memmap(path, mode='w+')",
    ],
)
def test_every_way_to_write_a_file_is_found(line):
    assert writes(line)


@pytest.mark.parametrize(
    "line",
    [
        "open(path)",
        "open(path, 'rb')",
        "path.open(encoding='utf-8')",
        "os.open(path, os.O_RDONLY)",
        "table.to_csv(index=False)",
        "array.copy()",
        "table.rename(columns=names)",
        "zipfile.ZipFile(file)",
        "temporary.rename(target)",
        "copy.deepcopy(network)",
        "temporary.write_text(text)",
        "shutil.copyfile(source, temporary)",
        "open(temporary, 'wb')",
    ],
)
def test_reading_and_temporary_files_are_no_writes(line):
    assert not writes(line)


def test_only_one_place_opens_files_for_writing():
    found = {
        (path.relative_to(root).as_posix(), name): line
        for root in (ROOT, ADAPTERS)
        for path in sorted(root.rglob("*.py"))
        for name, line in writes(path.read_text(encoding="utf-8"))
        if path != ROOT / "artifacts.py"
    }
    unknown = {
        f"{file}:{line}: {name}" for (file, name), line in found.items() if (file, name) not in ALLOWED
    }
    assert unknown == set(), "write it with gnnpool.artifacts, whose temporary path is called `temporary`"
    assert ALLOWED.keys() - found.keys() == set(), "no longer needed"
