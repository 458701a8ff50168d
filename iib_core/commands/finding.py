"""``iib search``, ``info``, ``topics`` and ``status``."""

from __future__ import annotations

import argparse
from typing import Any

from iib_core import __version__
from iib_core.client import Client
from iib_core.client.answers import FileInfo, GenerationInfo
from iib_core.commands.naming import files_of
from iib_core.commands.options import DONE, PARTLY, Commands
from iib_core.commands.printing import Progress, day, print_fields, print_json, print_table, warn
from iib_core.commands.roots import drive_state
from iib_core.commands.session import add_flags, opened
from iib_core.paths import absolute

_SHOWN = 50
_KEYWORDS = 5


def add(commands: Commands) -> None:
    """Add the commands that find."""
    search = commands.add(
        "search",
        "find files: words, -word, model:x, rating:>=4 ...",
        _search,
        "Find files with the language of the search field. A query that has a word with a minus in front "
        "stands behind --: iib search -- fox -blurry.",
    )
    search.add_argument("query", nargs="*", metavar="QUERY", help="without one, all files")
    search.add_argument(
        "--folder", dest="folders", action="append", metavar="FOLDER", help="only in it or below"
    )
    search.add_argument(
        "--sort", default="date", help="date, name, rating, bytes, random ... Default: date"
    )
    search.add_argument("--order", choices=("desc", "asc"), default="desc")
    search.add_argument(
        "--limit", type=_number, default=_SHOWN, help=f"files at most. Default: {_SHOWN}"
    )
    search.add_argument(
        "--meaning", action="store_true", help="by what prompts mean, nearest first"
    )
    search.add_argument(
        "--paths", action="store_true", help="print paths alone, for other programs"
    )
    info = commands.add("info", "tell how files were made, and their tags and stars", _info)
    info.add_argument(
        "files", nargs="+", metavar="FILE", help="files, or - to read their paths from the input"
    )
    topics = commands.add("topics", "group the library by what its prompts mean", _topics)
    topics.add_argument("folders", nargs="*", metavar="FOLDER", help="only in these or below")
    topics.add_argument("--min-size", type=_number, help="files that make a topic. Default: 3")
    status = commands.add("status", "tell how the library and its index are", _status)
    for command in (search, info, topics, status):
        add_flags(command)


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _search(arguments: argparse.Namespace) -> int:
    query = " ".join(arguments.query)
    folders = [absolute(folder) for folder in arguments.folders or ()]
    with opened(arguments) as session:
        if arguments.meaning:
            files = _find_by_meaning(session.client, query, folders, min(arguments.limit, 500))
        else:
            files = list(
                session.client.search_all(
                    query,
                    sort=arguments.sort,
                    order=arguments.order,
                    folders=folders or None,
                    limit=arguments.limit,
                )
            )
    _print_files(files, arguments)
    return DONE if files else PARTLY


def _find_by_meaning(client: Client, query: str, folders: list[str], limit: int) -> list[FileInfo]:
    """The nearest files, once all prompts can be found: the job that reads them would end with the
    command.
    """
    page = client.search_by_meaning(query, folders=folders, top_k=limit)
    if page["job_id"]:
        with Progress() as progress:
            client.wait(page["job_id"], progress)
        page = client.search_by_meaning(query, folders=folders, top_k=limit)
    return page["files"]


def _print_files(files: list[FileInfo], arguments: argparse.Namespace) -> None:
    if arguments.json:
        print_json({"files": files})
    elif arguments.paths:
        for file in files:
            print(file["fullpath"])
    elif files:
        rows = [(day(file["date"]), file["size"], file["fullpath"]) for file in files]
        print_table(("DATE", "SIZE", "PATH"), rows)


def _info(arguments: argparse.Namespace) -> int:
    files = files_of(arguments.files)
    with opened(arguments) as session:
        found, marks = session.client.info(files), session.client.marks(files)
    if arguments.json:
        print_json({**found, "marks": marks})
    for path, info in {} if arguments.json else found["infos"].items():
        print_fields(_fields(path, info, marks.get(path) or {}))
        print()
    for error in found["errors"]:
        warn(error["path"], error["error"])
    return PARTLY if found["errors"] else DONE


def _fields(path: str, info: GenerationInfo, marks: Any) -> dict[str, object]:
    size = f"{info['width']}x{info['height']}" if info["width"] and info["height"] else ""
    return {
        "file": path,
        "prompt": info["prompt"],
        "negative": info["negative_prompt"],
        "model": info["model"],
        "LoRAs": ", ".join(lora["name"] for lora in info["loras"]),
        "sampler": info["sampler"],
        "steps": info["steps"],
        "CFG scale": info["cfg_scale"],
        "seed": info["seed"],
        "size": size,
        "generator": info["source"],
        "tags": ", ".join(tag["name"] for tag in marks.get("tags", ())),
        "rating": marks.get("rating") or "",
        "albums": ", ".join(album["name"] for album in marks.get("albums", ())),
        "problem": info["error"],
    }


def _topics(arguments: argparse.Namespace) -> int:
    folders = [absolute(folder) for folder in arguments.folders]
    with opened(arguments) as session, Progress() as progress:
        found = session.client.topics(folders, progress, min_size=arguments.min_size)
    if arguments.json:
        print_json(found)
    elif found["clusters"]:
        rows = [
            (topic["size"], topic["title"], ", ".join(topic["keywords"][:_KEYWORDS]))
            for topic in found["clusters"]
        ]
        print_table(("FILES", "TOPIC", "KEYWORDS"), rows)
    if not arguments.json:
        print(f"{len(found['noise'])} files are in no topic.")
    return DONE if found["clusters"] else PARTLY


def _status(arguments: argparse.Namespace) -> int:
    with opened(arguments) as session:
        answer = _look(session.client) | {"server": session.url, "data_dir": session.data_dir}
    if arguments.json:
        print_json(answer)
        return DONE
    index = answer["index"]
    is_running = bool(session.url)
    print_fields(
        {
            "version": answer["version"],
            "server": session.url or "none runs; this is the data folder itself",
            "data folder": session.data_dir if not arguments.url else "",
            "files": answer["files"],
            "index": _state(index) if is_running else "",
            "problems": len(index["problems"]) or "",
            "read only": "yes" if answer["read_only"] else "",
        }
    )
    if answer["roots"]:
        print()
        rows = [(root["path"], root["type"], drive_state(root)) for root in answer["roots"]]
        print_table(("FOLDER", "TYPE", ""), rows)
    return DONE


def _look(client: Client) -> dict[str, Any]:
    settings = client.settings()
    return {
        "version": settings.get("version") or __version__,
        "files": client.basic_info()["img_count"],
        "read_only": settings["is_readonly"],
        "roots": settings["roots"],
        "index": client.index_status(),
    }


def _state(index: Any) -> str:
    if not index["running"]:
        return "up to date" if index["last"] else "not read yet"
    of = f" of {index['total']}" if index["total"] else ""
    return f"{index['stage']}, {index['done']}{of} files"
