#!/usr/bin/env python3
"""Renders the chat templates in Tests/Goldens/chat-templates with jinja2 and records what comes out.

    scripts/goldens/chat_templates.py

The environment is the one HuggingFace renders chat templates in: an immutable sandbox with
trim_blocks, lstrip_blocks and loop controls, a `tojson` filter that is json.dumps, the functions
`raise_exception` and `strftime_now`, and a `generation` tag that leaves its body as it is. The date
is fixed. Three kinds of input:

    chat/*.jinja         whole chat templates, each rendered with every conversation
    constructs/*.jinja   parts of the language, each rendered with the conversations in CONSTRUCT_CONVERSATIONS
    snippets.jsonl       one template per line (a JSON string), rendered with the first conversation

Written: expected.jsonl, one line per rendering, with the text or, where jinja2 raises, the error.
"""

import datetime
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.sandbox

GOLDENS = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "chat-templates"
NOW = datetime.datetime(2024, 7, 6, 9, 5, 0)
SPECIAL_TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
CONSTRUCT_CONVERSATIONS = ["system", "turns", "unicode", "tools"]


class Generation(jinja2.ext.Extension):
    """Accepts {% generation %}, which marks the assistant's tokens."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_body")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def environment():
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(
            value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
            sort_keys=sort_keys)

    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def render(env, source, conversation):
    variables = {"tools": None, "documents": None, **SPECIAL_TOKENS}
    variables.update(conversation.get("variables", {}))
    try:
        text = env.from_string(source).render(
            messages=conversation["messages"],
            add_generation_prompt=conversation["add_generation_prompt"], **variables)
        return {"text": text}
    except Exception as error:  # whatever is raised is what the interpreter has to refuse
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    env = environment()
    conversations = json.loads((GOLDENS / "conversations.json").read_text())
    by_name = {conversation["name"]: conversation for conversation in conversations}
    lines = [{"jinja2": jinja2.__version__, "date": NOW.isoformat(), "tokens": SPECIAL_TOKENS}]
    for folder, names in (("chat", list(by_name)), ("constructs", CONSTRUCT_CONVERSATIONS)):
        for path in sorted((GOLDENS / folder).glob("*.jinja")):
            source = path.read_bytes().decode()
            for name in names:
                result = render(env, source, by_name[name])
                lines.append(
                    {"template": f"{folder}/{path.name}", "conversation": name, **result})
    snippets = (GOLDENS / "snippets.jsonl").read_text().split("\n")
    for number, line in enumerate(snippets, 1):
        if line:
            result = render(env, json.loads(line), conversations[0])
            lines.append({"snippet": number, **result})
    with open(GOLDENS / "expected.jsonl", "w") as output:
        for line in lines:
            output.write(json.dumps(line, ensure_ascii=True) + "\n")
    errors = sum("error" in line for line in lines[1:])
    print(f"{len(lines) - 1} renderings, {errors} of them errors")


if __name__ == "__main__":
    main()
