"""``iib completion``: what a shell needs to complete commands, made of the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from iib_core.commands.options import DONE, Commands

_SHELLS = ("bash", "zsh", "fish", "powershell")

Words = dict[str, list[str]]


def add(commands: Commands, build: Callable[[], argparse.ArgumentParser]) -> None:
    """Add the command. ``build`` makes the parser of all commands."""

    def run(arguments: argparse.Namespace) -> int:
        print(_SCRIPTS[arguments.shell](words_of(build())), end="")
        return DONE

    completion = commands.add(
        "completion",
        "print the completion of a shell: bash, zsh, fish or powershell",
        run,
        "Print what completes commands in a shell. bash: source <(iib completion bash); zsh: the same with "
        "zsh; fish: iib completion fish | source; PowerShell: iib completion powershell | Out-String | "
        "Invoke-Expression.",
    )
    completion.add_argument("shell", choices=_SHELLS)


def words_of(parser: argparse.ArgumentParser) -> Words:
    """What can follow: the commands under "", and the flags and fixed words of each command under
    its name; those of an action under both names.
    """
    words: Words = {}
    _collect(parser, "", words)
    return words


def _collect(parser: argparse.ArgumentParser, name: str, words: Words) -> None:
    own = words.setdefault(name, [])
    for action in parser._actions:  # there is no public way to them
        own += [flag for flag in action.option_strings if flag.startswith("--")]
        if isinstance(action, argparse._SubParsersAction):
            own += action.choices
            for child, below in action.choices.items():
                _collect(below, f"{name} {child}".strip(), words)
        elif action.choices and not action.option_strings:
            own += map(str, action.choices)


def _cases(words: Words, line: str) -> str:
    return "".join(
        line.format(name=name, words=" ".join(own)) for name, own in words.items() if name
    )


def _bash(words: Words) -> str:
    return f"""_iib() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} first=${{COMP_WORDS[1]}} second=${{COMP_WORDS[2]}} words=''
  if [ "$COMP_CWORD" -eq 1 ]; then words='{" ".join(words[""])}'
  else
    case "$first" in
{_top_cases(words)}    esac
    case "$first $second" in
{_nested_cases(words)}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ ${{#COMPREPLY[@]}} -eq 0 ]; then compopt -o default; fi
}}
complete -F _iib iib
"""


def _top_cases(words: Words) -> str:
    return _cases(
        {name: own for name, own in words.items() if " " not in name},
        "      {name}) words='{words}' ;;\n",
    )


def _nested_cases(words: Words) -> str:
    nested = {name: own for name, own in words.items() if " " in name}
    return _cases(nested, "      '{name}') words='{words}' ;;\n")


def _zsh(words: Words) -> str:
    return f"#compdef iib\nautoload -U +X bashcompinit && bashcompinit\n{_bash(words)}"


def _fish(words: Words) -> str:
    lines = ["complete -c iib -f -n __fish_use_subcommand -a '" + " ".join(words[""]) + "'\n"]
    for name, own in words.items():
        condition = " and ".join(f"__fish_seen_subcommand_from {part}" for part in name.split())
        for word in own if name else ():
            given = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
            lines.append(f"complete -c iib -n '{condition.replace(' and ', '; and ')}' {given}\n")
    return "".join(lines)


def _powershell(words: Words) -> str:
    table = "".join(f"    '{name}' = '{' '.join(own)}'\n" for name, own in words.items())
    return f"""Register-ArgumentCompleter -Native -CommandName iib -ScriptBlock {{
  param($word, $line, $position)
  $table = @{{
{table}  }}
  $named = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object {{ "$_" }} |
    Where-Object {{ $_ -notlike '-*' -and $_ -ne $word }})
  $key = ($named | Select-Object -First 2) -join ' '
  if (-not $table.ContainsKey($key)) {{ $key = "$($named | Select-Object -First 1)" }}
  $table[$key] -split ' ' | Where-Object {{ $_ -like "$word*" }} |
    ForEach-Object {{ [System.Management.Automation.CompletionResult]::new($_) }}
}}
"""


_SCRIPTS: dict[str, Callable[[Words], str]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "powershell": _powershell,
}
