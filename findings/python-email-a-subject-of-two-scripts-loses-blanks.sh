#!/usr/bin/env bash
# Claim: email.message.EmailMessage writes a subject in which words of several scripts are mixed so that blanks are lost where the line is
# folded: "… 王伟 é deal …" arrives as "… 王伟é deal …" with every reader that follows RFC 2047. Of 2,000 such subjects a fifth comes back
# changed. email.header.Header writes all of them right.
# Guess: what the library writes it reads back, and the modern interface is at least as careful as the one it replaces.
# Versions: Python 3.11.7, 3.12.1 (a fifth); 3.13.0 (a tenth). The standard library alone. Seen 2026-11-30.
# Why it matters: subjects, names of people and of companies in Chinese mails have Latin words in them as a rule; "已逾期 ABC" runs together
# now and then, and no test with one sentence sees it. Fold such headers with email.header.Header.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 - <<'PROGRAM'
import random
import sys
from email import message_from_bytes
from email.header import Header, decode_header, make_header
from email.message import EmailMessage

WORDS = ["deal", "王伟", "承诺", "Zürich", "A", "n°5", "é", "won", "2026-11-30", "已逾期", "(x)", "the"]
chance = random.Random(1)
subjects = [" ".join(chance.choice(WORDS) for _ in range(20)) for _ in range(2_000)]


def read(written: bytes) -> str:
    return str(make_header(decode_header(message_from_bytes(written)["Subject"])))


def modern(subject: str) -> bytes:
    made = EmailMessage()
    made["Subject"] = subject
    return bytes(made)


def earlier(subject: str) -> bytes:
    return f"Subject: {Header(subject, 'utf-8', header_name='Subject').encode()}\n\n".encode()


changed = [one for one in subjects if read(modern(one)) != one]
still = [one for one in subjects if read(earlier(one)) != one]
print(f"{sys.version.split()[0]}: of {len(subjects)} subjects EmailMessage changed {len(changed)}, Header {len(still)}")
for one in changed[:1]:
    print(one, read(modern(one)), sep="\n")
sys.exit(0 if changed and not still else 1)
PROGRAM
