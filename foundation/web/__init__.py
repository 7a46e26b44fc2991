"""The web's common ground: page shell, stylesheet, translations, problem+json, security headers, rate limits.

app = FastAPI()
install_web(app, problems=[ProblemRule(Gs1Error, status=400, title="Not a GS1 identifier")])
pages = Pages(MY_WORDS, Path(__file__).parent / "templates")
return pages.render(request, "item.html", item=item)
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI

from foundation.web.assets import ASSETS, Assets
from foundation.web.catalogue import (
    LANGUAGE_COOKIE,
    Catalogue,
    Language,
    MissingTextError,
    Text,
    language_of,
    placeholders,
    same,
)
from foundation.web.head import HeadAsGet
from foundation.web.headers import CONTENT_SECURITY_POLICY, SECURITY_HEADERS, SecurityHeaders
from foundation.web.negotiation import HTML, JSON, preferred, wants_html, wants_json
from foundation.web.page import SHELL_TEMPLATES, Pages
from foundation.web.problem import PROBLEM_JSON, Problem, ProblemRule, Problems, install_problems, problem
from foundation.web.rate_limit import RATE_LIMITED, RateLimitedError, RateLimiter, client_key, limited
from foundation.web.words import SHELL_WORDS

__all__ = [
    "ASSETS",
    "CONTENT_SECURITY_POLICY",
    "HTML",
    "JSON",
    "LANGUAGE_COOKIE",
    "PROBLEM_JSON",
    "RATE_LIMITED",
    "SECURITY_HEADERS",
    "SHELL_TEMPLATES",
    "SHELL_WORDS",
    "Assets",
    "Catalogue",
    "HeadAsGet",
    "Language",
    "MissingTextError",
    "Pages",
    "Problem",
    "ProblemRule",
    "Problems",
    "RateLimitedError",
    "RateLimiter",
    "SecurityHeaders",
    "Text",
    "client_key",
    "install_problems",
    "install_web",
    "language_of",
    "limited",
    "placeholders",
    "preferred",
    "problem",
    "same",
    "wants_html",
    "wants_json",
]


def install_web(app: FastAPI, problems: Problems | Iterable[ProblemRule] = ()) -> Problems:
    """Gives an application its problems, security headers, HEAD and static files in one call.

    The rule for `RateLimitedError` is added; the register in use is returned (see `install_problems`).
    """
    register = problems if isinstance(problems, Problems) else Problems(problems)
    if RateLimitedError not in register.families():
        register.add(RATE_LIMITED)
    install_problems(app, register)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    app.router.routes.append(ASSETS.route())
    return register
