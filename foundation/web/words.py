"""The words of the page shell: what every page shows whichever room made it."""

from __future__ import annotations

from foundation.web.catalogue import Catalogue, Text

SHELL_WORDS = Catalogue(
    {
        "shell.name": Text(zh="溯源", en="Suyuan"),
        "shell.tagline": Text(zh="一物一码，追溯到源头", en="Every item, traced to its source"),
        "shell.home": Text(zh="溯源首页", en="Suyuan home"),
        "shell.skip": Text(zh="跳到正文", en="Skip to content"),
        "shell.language": Text(zh="语言", en="Language"),
        "shell.footer": Text(
            zh="溯源是开放的 EPCIS 2.0 追溯系统。此页的每一句话都出自一份只增不改的签名日志。",
            en="Suyuan is an open EPCIS 2.0 traceability system. "
            "What this page says comes from a signed log that is only ever added to.",
        ),
        "shell.json": Text(zh="本页的 JSON", en="This page as JSON"),
        "problem.heading.400": Text(zh="这个请求无法读懂", en="This request cannot be read"),
        "problem.heading.401": Text(zh="需要先登录", en="You need to sign in first"),
        "problem.heading.403": Text(zh="您无权查看此页", en="You may not see this page"),
        "problem.heading.404": Text(zh="这里没有内容", en="There is nothing here"),
        "problem.heading.429": Text(zh="查询太频繁，请稍候", en="Too many requests, please wait a moment"),
        "problem.heading.4xx": Text(zh="请求未能完成", en="The request could not be completed"),
        "problem.heading.5xx": Text(zh="服务器出了问题", en="Something went wrong on our side"),
        "problem.lead.429": Text(zh="过一会儿再试即可。", en="Try again in a little while."),
        "problem.lead.4xx": Text(
            zh="请检查地址，或回到首页重新查询。", en="Check the address, or start again from the home page."
        ),
        "problem.lead.5xx": Text(
            zh="问题已记录，请稍后再试。", en="It has been recorded. Please try again later."
        ),
        "problem.home": Text(zh="回到首页", en="Go to the home page"),
    }
)
