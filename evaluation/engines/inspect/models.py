"""The models that Inspect asks: behind a server that speaks OpenAI's API, or loaded from the Hub in its process.

Read in inspect_ai 0.3.285: the provider `openai-api/SERVICE/NAME` takes address and key from `SERVICE_BASE_URL` and
`SERVICE_API_KEY`, so that neither is an argument, which a log would contain; `hf/NAME` loads the folder `model_path`,
and samples unless `do_sample` is false.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from evaluation.engines.endpoint.api_client import ApiClient, parse_url
from evaluation.engines.endpoint.api_key import find_key
from evaluation.engines.endpoint.server import Server, served_hash
from evaluation.engines.tasks.extras import need_eval
from evaluation.errors import CannotRun, OptionInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluation.engines.endpoint.api_key import ApiKey
    from evaluation.engines.endpoint.responses import ServedModel
    from evaluation.engines.inspect.options import InspectOptions
    from evaluation.engines.interface import Setup, Weights
    from evaluation.engines.transformers.downloads import Snapshots

NO_KEY: Final = "none"
"""What is sent as a key where there is none: the client that Inspect uses wants one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectModel:
    """A model as Inspect names it, with its arguments, the variables that it needs, and what names its weights.

    `keys` are those in the variables, never to be shown. `software` is the name and version of the server's software,
    None where it does not tell or where there is no server.
    """

    name: str
    weights_hash: str = ""
    software: str | None = None
    arguments: Mapping[str, str | bool] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    keys: tuple[ApiKey, ...] = ()


def subject_of(weights: Weights, options: InspectOptions, setup: Setup, snapshots: Snapshots) -> InspectModel:
    """Return the model of a job: from a server if no commit or folder is named, else from its files.

    Raises CannotRun (KeyRefused, ModelNotServed), EndpointAway, NotFetched, and MissingExtra without the extra `eval`
    if the model is to run here.
    """
    if weights.revision is not None or weights.folder is not None:
        return _local(weights, options, setup.device, snapshots)
    if setup.endpoint_url is None:
        raise CannotRun(weights.model, "neither a commit nor a server is given", "name a server with --endpoint-url")
    name = options.model or weights.model
    subject = _on_server("lineage", setup.endpoint_url, name, options.key_variable)
    served, software = asyncio.run(_served(setup.endpoint_url, name, next(iter(subject.keys), None)))
    return InspectModel(
        name=subject.name,
        weights_hash=served_hash(parse_url(setup.endpoint_url).url(""), served, None),
        software=software,
        variables=subject.variables,
        keys=subject.keys,
    )


def grader_of(options: InspectOptions, setup: Setup) -> InspectModel | None:
    """Return the model that grades, or None if the task names it; raises OptionInvalid if it has no server."""
    if not options.grader:
        return None
    url = options.grader_url or setup.endpoint_url
    if url is None:
        raise OptionInvalid("grader_url", "the address of the grader's server is missing")
    variable = options.grader_key_variable or ("" if options.grader_url else options.key_variable)
    return _on_server("lineage-grader", url, options.grader, variable)


def _on_server(service: str, url: str, name: str, variable: str) -> InspectModel:
    key = find_key(variable)
    start = service.upper().replace("-", "_")
    variables = {
        f"{start}_BASE_URL": parse_url(url).url("/v1"),
        f"{start}_API_KEY": NO_KEY if key is None else key.reveal(),
    }
    keys = () if key is None else (key,)
    return InspectModel(name=f"openai-api/{service}/{name}", variables=variables, keys=keys)


async def _served(url: str, name: str, key: ApiKey | None) -> tuple[ServedModel, str | None]:
    async with ApiClient(url, key=key) as client:
        server = Server(client, name)
        served = await server.find()
        return served, await server.software(served)


def _local(weights: Weights, options: InspectOptions, device: str, snapshots: Snapshots) -> InspectModel:
    """Return a model of the Hub, or of a folder, by its files on this machine."""
    need_eval("running a model in Inspect's process")
    snapshot = None if weights.base is not None else snapshots.fetch(weights)
    if snapshot is None or snapshot.is_adapter:
        raise CannotRun(
            weights.model, "Inspect cannot load adapters", "serve it, with vLLM for example, and name --endpoint-url"
        )
    arguments: dict[str, str | bool] = {"model_path": str(snapshot.folder), "use_safetensors": True}
    arguments |= {} if device == "auto" else {"device": device}
    arguments |= {"trust_remote_code": True} if weights.trusts_remote_code else {}
    if not options.own_decoding:
        arguments["do_sample"] = options.temperature > 0
    return InspectModel(name=f"hf/{weights.model}", weights_hash=snapshot.hash(), arguments=arguments)
