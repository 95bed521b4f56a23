"""The API's endpoints as tools for language models, by the Model Context Protocol."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Sequence
from typing import Any

import gradio.mcp
from gradio.block_function import BlockFunction
from starlette.requests import Request
from starlette.responses import JSONResponse

from mnist_core.errors import StartError
from mnist_core.ink.picture_file import FORMATS_IN_WORDS

_PACKAGE = "mcp"
_INSTALL = 'pip install "mcp==1.30.0"'
_PICTURE = f"a {FORMATS_IN_WORDS} file of at most 700 kB, as data:image/png;base64,..."


class ToolServer(gradio.mcp.GradioMCPServer):
    """Gradio's, in the API's own words: Gradio's would ask for files' addresses, which nobody fetches."""

    def get_fn_description(
        self, block_fn: BlockFunction, tool_name: str
    ) -> tuple[str, dict[str, str]]:
        """What the tool does and answers, and the words for each parameter."""
        info = self.api_info["named_endpoints"][self.tool_to_endpoint[tool_name]]
        answers = " ".join(each["python_type"]["description"] for each in info["returns"])
        parameters = {
            each["parameter_name"]: each["python_type"]["description"]
            for each in info["parameters"]
        }
        return f"{info['description']} Answers with JSON. {answers}", parameters

    def simplify_filedata_schema(
        self, schema: dict[str, Any]
    ) -> tuple[dict[str, Any], list[list[str | int]]]:
        """The schema of what the tool takes, and where in it files stand."""
        simple, places = super().simplify_filedata_schema(schema)
        for place in places:
            node: Any = simple["properties"]  # places are those of the values themselves
            for key in place:
                node = node[key]
            node.pop("required", None)  # of the file's description, which it was
            node |= {"format": "data URL", "description": _PICTURE}
        return simple, places

    async def get_complete_schema(self, request: Request) -> JSONResponse:
        """All tools as `/schema` and "Use via API" show them."""
        answer = await super().get_complete_schema(request)
        described = json.loads(bytes(answer.body))
        for each in described:
            # Files come within the request: Gradio's tool that uploads them is not to be installed.
            each["meta"]["file_data_present"] = False
        return JSONResponse(described)

    def convert_strings_to_filedata(
        self, value: Any, filedata_positions: list[list[str | int]]
    ) -> Any:
        """The tool's arguments with files in place of data URLs; ValueError for any other address."""
        for name, *_ in filedata_positions:
            if not str(value.get(name, "")).startswith("data:"):
                raise ValueError(f"{name}: expected {_PICTURE}")
        return super().convert_strings_to_filedata(value, filedata_positions)

    def postprocess_output_data(self, data: Sequence[Any], root_url: str) -> list[Any]:
        """What the endpoint answered, as JSON."""
        return [self.types.TextContent(type="text", text=json.dumps(each)) for each in data]


def check_tools() -> None:
    """Has Gradio serve the tools with `ToolServer`; `StartError` where the package for it is missing."""
    if importlib.util.find_spec(_PACKAGE) is None:
        raise StartError(f"--mcp needs one more package: {_INSTALL}")
    # It would write down what a request names.
    logging.getLogger("mcp").setLevel(logging.ERROR)
    # Where Gradio takes the server from.
    gradio.mcp.GradioMCPServer = ToolServer  # type: ignore[misc]
