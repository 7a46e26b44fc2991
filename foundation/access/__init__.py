"""Access: parties and their company prefixes, tokens, roles, and who may see what.

>>> from foundation.records import SqliteRecords
>>> register = Register(SqliteRecords(":memory:", KINDS))
>>> gln = "https://id.gs1.org/417/9506000140445"
>>> farm = Party(gln, "Green Farm", "绿色农场", ("9506000",), (Role.producer,))
>>> register.owner_of("09506000134352") is None
True
>>> register.add_party(farm).name_zh, register.owner_of("09506000134352").name
('绿色农场', 'Green Farm')
>>> caller = register.authenticate(register.issue_token(farm.id, Role.producer, "packing line 1"))
>>> caller.party == farm.id, caller.may_write, caller.sees_all
(True, True, False)
>>> register.revoke(caller.token_id)
>>> register.authenticate("sy_" + 43 * "A")
Traceback (most recent call last):
...
foundation.access.party.Unauthenticated: the bearer token is missing or not valid
"""

from .party import AccessError, Party, Role, Unauthenticated, check_party_id, prefix_digits
from .register import KINDS, Register
from .tokens import Token
from .visibility import PUBLIC, Caller, Visibility, visible

__all__ = [
    "KINDS",
    "PUBLIC",
    "AccessError",
    "Caller",
    "Party",
    "Register",
    "Role",
    "Token",
    "Unauthenticated",
    "Visibility",
    "check_party_id",
    "prefix_digits",
    "visible",
]
