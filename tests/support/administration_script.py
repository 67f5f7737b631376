"""Commands that every vpncmd carries out alike on every server, wrong ones among them, and what may differ.

All of them run in one process: the prompt of `/PROGRAMMING` tells the code of the command before. The script
(administration_script.txt) leaves the server as it was, but for its certificate and its password, which is
`word` then. The one for a hub's administrator (administration_script_hub.txt) changes that hub. `{folder}` is
where files are.
"""

import re
from dataclasses import dataclass, replace
from difflib import unified_diff
from itertools import zip_longest
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).with_name("administration_script.txt")
HUB_SCRIPT: Final = Path(__file__).with_name("administration_script_hub.txt")
_PROMPT: Final = re.compile(r"^\[PROMPT:(\d+):([^\]]*)\]\n", re.MULTILINE)
# Commands that speak for themselves: what they print is each program's own, their code is compared.
OWN_WORDS: Final = frozenset({"About", "Check", "help", "PolicyList", "BridgeCreate", "ServerCertRegenerate"})


@dataclass(frozen=True)
class Difference:
    """What can't be equal, what takes its place, and why."""

    pattern: str
    replacement: str
    reason: str


DIFFERENCES: Final = (
    Difference(
        r"^(\w+ command - ).*$", r"\1", "the sentence after a command's name is help: ours is our own"
    ),
    Difference(r"\d\d:\d\d:\d\d(\.\d+)?", "<time>", "time goes on between two runs"),
    Difference(r"(System Clock *[|,])\d+", r"\1<tick>", "time goes on between two runs"),
    Difference(r"(Number of Active Sockets *[|,])\d+", r"\1<sockets>", "sockets of other connections linger"),
    Difference(
        r"(Incoming Broadcast [^|,]*[|,]).*", r"\1<traffic>", "SecureNAT's own frames, at its own pace"
    ),
    Difference(r"localhost: \d+", "localhost: <port>", "each connection has its own port"),
    Difference(r"CID-\d+", "CID-<number>", "each connection has its own number"),
    Difference(r'(MD5|SHA1)="+[0-9A-F]{32,40}"+', r"\1=<digest>", "each server makes its own certificate"),
    Difference(r"5E(-[0-9A-F]{2}){5}", "<MAC>", "each hub has its own random MAC address"),
    Difference(r"(Session Key \(160 bit\) *[|,])[0-9A-F]{40}", r"\1<key>", "keys are random"),
    Difference(r"^(ID *[|,])?\d{5,}", r"\1<handle>", "handles of certificates are random"),
    Difference(r"^(\d+,(?:Discard|Pass),\w+,\d+,)\d+", r"\1<unique>", "unique numbers of rules are random"),
    Difference(r"^([A-Za-z]\w+,\d+,).*", r"\1<help>", "explanations of options are each program's own"),
    Difference(r'^(\w+,(?:String|Boolean),(?:"[^"]*"|[^,]*),).*', r"\1<help>", "explanations of options too"),
    Difference(
        r"^(Virtual Hub +\|).*|^(\w+,.*,up2\.example,).*",
        r"\1\2<hub>",
        "the original's list of cascades leaves out where they go; ours says it",
    ),
    Difference(
        r"Connecting\b|\"?Error 1: Connection to .*?correct\.\"?|Connection to VPN Server Started|Retrying",
        "<trying>",
        "a cascade tries once or more between two commands",
    ),
    Difference(r"^(Unique ID *\|)\d+", r"\1<unique>", "unique numbers of rules are random"),
    Difference(r"^(Description *\|).*", r"\1<help>", "explanations of options are each program's own"),
    Difference(r"^(\w+ *\|(?:String |Boolean)\|[^|]*\|).*", r"\1<help>", "explanations of options too"),
    Difference(
        r"[-+]{30,}", "<rule>", "a rule is as long as the longest cell, which may be one of the above"
    ),
    Difference(
        r"File Size *\|.*|The file size is .*|[\d.]+ K?Bytes", "<size>", "files differ by all of the above"
    ),
    Difference(
        r'Specify in the format of "IPv[46](?:.|\n)*|Specify an IPv[46] address and a mask.*\n',
        "<how to write an address and a mask>",
        "a long sentence of help",
    ),
    Difference(
        r"The port number list specification is invalid.*\n.*|Specify port numbers, separated by commas.*",
        "<how to write a list of ports>",
        "a long sentence of help",
    ),
    Difference(
        r"The port number or the port number range was.*|Specify a port from 1 to 65535, or two ports.*",
        "<how to write ports>",
        "a long sentence of help",
    ),
    Difference(
        r"The date and time specification is invalid.*\n.*|Specify year/month/day hour:minute:second.*",
        "<how to write a time>",
        "a long sentence of help",
    ),
    Difference(
        r"The auth type for this Connection Setting is.*|The password belongs to the former user name.*",
        "<set the password again>",
        "a long sentence of help",
    ),
    Difference(
        r"The retry interval must be .*",
        "<what a retry interval may be>",
        "the original names a limit that it does not have",
    ),
    Difference(
        r"(Error occurred\. \(Error code: (?:96|97|99)\)\n).*", r"\1<sentence>", "long sentences of help"
    ),
)


@dataclass(frozen=True)
class Outcome:
    """A command, the prompt it was typed at, its code, and what it printed."""

    command: str
    prompt: str
    code: int
    output: str

    def comparable(self) -> "Outcome":
        """Without what may differ."""
        if self.command.split(" ")[0] in OWN_WORDS or self.command.endswith("?"):
            return replace(self, output="")
        output = self.output
        for difference in DIFFERENCES:
            output = re.sub(difference.pattern, difference.replacement, output, flags=re.MULTILINE)
        return replace(self, output=output)


def write_script(path: Path, folder: str, script: Path = SCRIPT) -> None:
    """Write a script for vpncmd's /IN; its files go into the folder."""
    path.write_text(script.read_text().replace("{folder}", folder))


def read_outcomes(output: str, last_code: int) -> list[Outcome]:
    """What vpncmd printed, command by command. `last_code`: its exit code."""
    _, *found = _PROMPT.split(output)
    codes = [int(code) for code in found[3::3]] + [last_code]
    outcomes = []
    for prompt, text, code in zip(found[1::3], found[2::3], codes, strict=True):
        command, _, printed = text.partition("\n")
        outcomes.append(Outcome(command, prompt, code, printed))
    return outcomes


def differing(theirs: list[Outcome], ours: list[Outcome]) -> list[str]:
    """What is not alike, readable; empty if all is."""
    found: list[str] = []
    for one, other in zip_longest((o.comparable() for o in theirs), (o.comparable() for o in ours)):
        if one is None or other is None:
            found.append(f"only one of them: {one or other}")
        elif one != other:
            found += [
                f"{one.command}: code {one.code} and {other.code}, prompts {one.prompt} and {other.prompt}",
                *unified_diff(one.output.splitlines(), other.output.splitlines(), n=0, lineterm=""),
            ]
    return found
