"""Capture: POST /epcis/capture with its job resource, and POST /epcis/events for one event (EPCIS 2.0 §12.6)."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from foundation.epcis import iso, read_json
from trace_api.capture import Behaviour, Capture, WriterStopped
from trace_api.errors import (
    NoSuchName,
    ResourceAlreadyExists,
    ValidationFailed,
)
from trace_api.report import CaptureResult, Outcome, issue_json
from trace_api.rest.http import CapturingParty, ReadCaller, Service, accept_json, answer, read_body
from trace_api.service import JOB_KIND, TraceService

__all__ = ["router"]

REPORTED_ISSUES = 1000

router = APIRouter(prefix="/epcis", tags=["capture"])


def _capture_of(service: TraceService) -> Capture:
    if service.capture is None:
        raise WriterStopped("this server follows the log and takes no captures")
    return service.capture


@router.post("/capture", status_code=202, summary="Capture a document of events")
async def capture(
    request: Request,
    party: CapturingParty,
    service: Service,
    wanted: Annotated[
        str, Header(alias="GS1-Capture-Error-Behaviour", description="rollback or proceed")
    ] = Behaviour.ROLLBACK,
) -> Response:
    """Take an EPCISDocument; when this answers 202, the outcome is durable and stands in the job resource."""
    pipeline = _capture_of(service)
    behaviour = _behaviour(wanted)
    body = await read_body(request, pipeline.limits.max_bytes)
    created = service.clock()
    future = await run_in_threadpool(pipeline.submit, body, party, behaviour)
    result = await asyncio.wrap_future(future)
    job_id = secrets.token_urlsafe(16)
    job = _job(job_id, created, service.clock(), party, behaviour, result)
    await run_in_threadpool(service.records.put, JOB_KIND.name, job_id, job, if_version=None)
    headers = [
        ("Location", f"/epcis/capture/{job_id}"),
        ("GS1-Capture-Error-Behaviour", behaviour),
        ("GS1-EPCIS-Capture-Limit", str(pipeline.limits.max_events)),
        ("GS1-EPCIS-Capture-File-Size-Limit", str(pipeline.limits.max_bytes)),
    ]
    return answer(b"", status=202, position=result.position, headers=headers)


def _behaviour(text: str) -> Behaviour:
    try:
        return Behaviour(text.strip().lower())
    except ValueError:
        allowed = " or ".join(Behaviour)
        raise ValidationFailed(f"GS1-Capture-Error-Behaviour {text[:40]!r}: {allowed} is expected") from None


def _job(
    job_id: str, created: int, finished: int, party: str, behaviour: Behaviour, result: CaptureResult
) -> dict[str, Any]:
    issues = [
        issue_json(issue) | {"eventIndex": outcome.index, "eventID": outcome.event_id}
        for outcome in result.outcomes
        for issue in outcome.issues
    ]
    errors = [issue for issue in issues if issue["severity"] == "error"]
    warnings = [issue for issue in issues if issue["severity"] == "warning"]
    return {
        "captureID": job_id,
        "createdAt": iso(created),
        "finishedAt": iso(finished),
        "running": False,
        "success": result.success,
        "captureErrorBehaviour": str(behaviour),
        "errors": errors[:REPORTED_ISSUES],
        "warnings": warnings[:REPORTED_ISSUES],
        "events": {
            status: sum(outcome.status == status for outcome in result.outcomes)
            for status in ("captured", "duplicate", "refused", "left_out")
        },
        "logPosition": result.position,
        "party": party,
    }


@router.get("/capture/{capture_id}", summary="The state of a capture job")
def capture_job(capture_id: str, request: Request, caller: ReadCaller, service: Service) -> Response:
    """The job resource (EPCIS 2.0 §12.6.1); its errors name the event and the position of each fault."""
    accept_json(request)
    record = service.records.get(JOB_KIND.name, capture_id) if len(capture_id) <= 64 else None
    if record is None or not (caller.sees_all or caller.party == record.value["party"]):
        raise NoSuchName("there is no such capture job")
    return answer(orjson.dumps(record.value))


@router.post("/events", status_code=201, summary="Capture one event and wait for it")
async def capture_event(request: Request, party: CapturingParty, service: Service) -> Response:
    """Take one bare event; 201 when it is durable and can be queried, 409 where it is known already."""
    pipeline = _capture_of(service)
    body = await read_body(request, pipeline.limits.max_bytes)

    def submit() -> Any:
        document = read_json(body, pipeline.limits)
        if document.kind != "event":
            raise ValidationFailed(f"one bare event is expected here, not an {document.kind}")
        return pipeline.submit_document(document, party, Behaviour.ROLLBACK)

    result: CaptureResult = await asyncio.wrap_future(await run_in_threadpool(submit))
    outcome = result.outcomes[0]
    if outcome.status == "duplicate":
        raise ResourceAlreadyExists(
            f"event {outcome.event_id} is in the log already", extra={"eventID": outcome.event_id}
        )
    if outcome.status == "refused":
        raise _refusal(outcome)
    location = f"/epcis/events/{quote(outcome.event_id or '', safe='')}"
    return answer(
        json.dumps({"eventID": outcome.event_id}).encode(),
        status=201,
        position=result.position,
        headers=[("Location", location)],
    )


def _refusal(outcome: Outcome) -> Exception:
    errors = [issue_json(issue) for issue in outcome.issues if issue.severity == "error"]
    text = "; ".join(str(issue) for issue in outcome.issues if issue.severity == "error")
    if any(error["rule"] == "duplicate eventID" for error in errors):
        return ResourceAlreadyExists(text, extra={"errors": errors})
    return ValidationFailed(text, extra={"errors": errors})
